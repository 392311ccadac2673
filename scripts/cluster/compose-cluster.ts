import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { keepDemoPki, responderNode, upstreamNode } from './demo-nodes.ts'
import { EtcdMember } from './etcd-member.ts'
import { GatewayNode } from './gateway-node.ts'
import { findProgram, grafanaNode, prometheusNode } from './monitoring.ts'
import type { NodeProcess } from './node-process.ts'
import { OrphanGuard } from './orphan-guard.ts'
import { keepSecrets } from './secrets.ts'
import type { Cluster, ClusterOptions } from './start-cluster.ts'
import { ports, type Place, type Topology } from './topology.ts'

/** Makes the parts, of which none runs yet, and the folders that they need; in `stages` in the order in which they start. */
export async function composeCluster (topology: Topology, { dir, workers = 2, monitoring = false, onMissing, onDeath }: ClusterOptions): Promise<{ cluster: Cluster, stages: readonly NodeProcess[][] }> {
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
      for (const stage of [watchers, dataPlanes, [controlPlane], [...upstreams, responder]]) await Promise.all(stage.map(async node => await node.stop()))
      for (const member of etcd) await member.stop() // a leader hands over, for which it waits while the others are going
      guard.close()
    }
  }
  return { cluster, stages }
}
