import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { keepDemoPki, responderNode, upstreamNode } from './demo-nodes.ts'
import { EtcdMember } from './etcd-member.ts'
import { checkAddresses } from './free-addresses.ts'
import { GatewayNode } from './gateway-node.ts'
import { findProgram, grafanaNode, prometheusNode } from './monitoring.ts'
import type { End, NodeProcess } from './node-process.ts'
import { OrphanGuard } from './orphan-guard.ts'
import { keepSecrets } from './secrets.ts'
import { layOut, ports, type Place, type Topology } from './topology.ts'

export interface ClusterOptions {
  /** Where it keeps its secrets, data and logs, made when it is not there. */
  readonly dir: string
  /** The first three octets of the loopback addresses it takes. */
  readonly network: string
  readonly dataPlanes?: number
  /** Of each data plane. */
  readonly workers?: number
  /** Prometheus and Grafana as well, if they are installed. */
  readonly monitoring?: boolean
  readonly onReady?: (node: NodeProcess) => void
  /** It is not installed, and the cluster does without it. */
  readonly onMissing?: (program: string) => void
  readonly onDeath?: (node: NodeProcess, end: End) => void
  /** Ends a start under way. */
  readonly signal?: AbortSignal
}

export interface AdminAnswer {
  readonly status: number
  readonly body: unknown
}

/** The topology of docker-compose.yml as processes on loopback addresses. */
export interface Cluster {
  readonly topology: Topology
  readonly adminKey: string
  readonly adminUrl: string
  /** The demo's certificates: scripts/demo/pki.ts. */
  readonly pki: string
  readonly etcd: readonly EtcdMember[]
  readonly controlPlane: GatewayNode
  readonly dataPlanes: readonly GatewayNode[]
  readonly responder: NodeProcess
  readonly upstreams: readonly NodeProcess[]
  readonly grafanaPasswordFile: string
  /** All of them, and Prometheus and Grafana. */
  readonly nodes: readonly NodeProcess[]
  /** Asks the Admin API, once. Rejects when it does not answer within `timeoutMs`. */
  admin (method: string, path: string, body?: object, timeoutMs?: number): Promise<AdminAnswer>
  /** Ends all in order: first who takes requests, etcd last. */
  close (): Promise<void>
}

/**
 * Starts a cluster and resolves when all its parts do their work. What was started is ended again when one does not.
 *
 * @throws ClusterError
 */
export async function startCluster (options: ClusterOptions): Promise<Cluster> {
  const { network, dataPlanes = 2, onReady, signal } = options
  const topology = layOut(network, dataPlanes)
  await checkAddresses(topology)
  const { cluster, stages } = await compose(topology, options)
  const start = async (node: NodeProcess): Promise<void> => {
    signal?.throwIfAborted()
    await node.start()
    onReady?.(node)
  }
  const abort = (): void => { cluster.close().catch(() => {}) }
  signal?.addEventListener('abort', abort)
  try {
    for (const stage of stages) await Promise.all(stage.map(start))
    signal?.throwIfAborted()
  } catch (error) {
    await cluster.close()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  return cluster
}

async function compose (topology: Topology, { dir, workers = 2, monitoring = false, onMissing, onDeath }: ClusterOptions): Promise<{ cluster: Cluster, stages: readonly NodeProcess[][] }> {
  const root = resolve(dir)
  const makeFolder = async (...path: readonly string[]): Promise<string> => {
    const folder = join(root, ...path)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return folder
  }
  const logs = await makeFolder('logs')
  const secrets = await keepSecrets(await makeFolder('secrets'), topology.etcd)
  const pki = join(root, 'demo-pki')
  await keepDemoPki(pki, topology.responder)

  const guard = new OrphanGuard()
  const surroundings = async ({ name }: Place) => ({ folder: await makeFolder(name), logFile: join(logs, `${name}.log`), guard, ...onDeath === undefined ? {} : { onDeath } })
  const gateway = async (place: Place) => new GatewayNode({ topology, place, certificates: secrets.gatewayFolder, envFile: secrets.envFile, workers, ...await surroundings(place) })
  const etcd = await Promise.all(topology.etcd.map(async place => new EtcdMember({ place, members: topology.etcd, certificates: secrets.etcdFolder, ...await surroundings(place) })))
  const controlPlane = await gateway(topology.controlPlane)
  const dataPlanes = await Promise.all(topology.dataPlanes.map(gateway))
  const responder = responderNode(topology.responder, pki, await surroundings(topology.responder))
  const upstreams = await Promise.all(topology.upstreams.map(async place => upstreamNode(place, await surroundings(place))))
  const watchers: NodeProcess[] = []
  const prometheus = monitoring ? findProgram('prometheus') : undefined
  const grafana = monitoring ? findProgram('grafana') : undefined
  if (prometheus !== undefined) watchers.push(await prometheusNode(prometheus, topology, await surroundings(topology.prometheus)))
  if (grafana !== undefined) watchers.push(grafanaNode(grafana, topology, secrets.grafanaPasswordFile, await surroundings(topology.grafana)))
  if (monitoring) for (const [program, found] of [['prometheus', prometheus], ['grafana', grafana]] as const) if (found === undefined) onMissing?.(program)

  const { adminKey, grafanaPasswordFile } = secrets
  const adminUrl = `http://${topology.controlPlane.ip}:${ports.admin}`
  const stages = [[...etcd, responder, ...upstreams], [controlPlane], [...dataPlanes, ...watchers]]
  const cluster: Cluster = {
    topology,
    adminKey,
    adminUrl,
    pki,
    etcd,
    controlPlane,
    dataPlanes,
    responder,
    upstreams,
    grafanaPasswordFile,
    nodes: stages.flat(),
    async admin (method, path, body, timeoutMs = 20_000) {
      const answer = await fetch(`${adminUrl}/apisix/admin/${path}`, {
        method,
        headers: { 'x-api-key': adminKey },
        signal: AbortSignal.timeout(timeoutMs),
        ...body === undefined ? {} : { body: JSON.stringify(body) }
      })
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) as unknown }
    },
    async close () {
      for (const stage of [watchers, dataPlanes, [controlPlane], [...upstreams, responder], etcd]) await Promise.all(stage.map(async node => await node.stop()))
      guard.close()
    }
  }
  return { cluster, stages }
}
