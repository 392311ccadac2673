import { composeCluster } from './compose-cluster.ts'
import type { EtcdMember } from './etcd-member.ts'
import { checkAddresses } from './free-addresses.ts'
import type { GatewayNode } from './gateway-node.ts'
import type { End, NodeProcess } from './node-process.ts'
import { layOut, type Topology } from './topology.ts'

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
  const { cluster, stages } = await composeCluster(topology, options)
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
