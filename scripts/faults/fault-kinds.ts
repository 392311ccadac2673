import type { SeededRandom } from '../../t/ocsp-core/seeded-random.ts'
import type { Cluster } from '../cluster/start-cluster.ts'
import type { Outages } from './outages.ts'
import { hang, killAll, killNode, killPrimary, killWorker, leaderOf, reload, renewWorkers, type Strike } from './strikes.ts'

export interface FaultContext {
  readonly cluster: Cluster
  readonly outages: Outages
  readonly random: SeededRandom
}

/** One thing to go wrong, with its victim chosen. */
export interface Fault {
  readonly victim: string
  /** Of those that share one only one happens at a time. */
  readonly groups: readonly string[]
  /** For how long the part is left as it is, before it comes back. */
  readonly downMs: number
  readonly strike: Strike
}

export const faultKinds = ['worker', 'primary', 'control plane', 'etcd member', 'etcd leader', 'etcd quorum', 'etcd hangs', 'responder', 'responder hangs', 'upstream', 'workers replaced', 'configuration reloaded'] as const
export type FaultKind = typeof faultKinds[number]

/** The processes of the others live through the run, so that one can see whether they grow. */
const struckDataPlanes = 1
const shortDownMs = 500
const longDownMs = 5000

/** How often each happens, compared with the others. */
const weights: Readonly<Partial<Record<FaultKind, number>>> = { 'control plane': 0.05 } // for the same reason

export function chooseKind (random: SeededRandom): FaultKind {
  for (;;) {
    const kind = random.pick(faultKinds)
    if (random.chance(weights[kind] ?? 1)) return kind
  }
}

export function chooseFault (kind: FaultKind, context: FaultContext): Fault {
  const { cluster, outages, random } = context
  const node = random.pick(cluster.dataPlanes.slice(0, struckDataPlanes))
  const downMs = shortDownMs + random.below(longDownMs)
  switch (kind) {
    case 'worker': {
      const which = random.below(2 ** 16)
      return { victim: `a worker of ${node.name}`, groups: [node.name], downMs: 0, strike: async () => await killWorker(node, which, outages) }
    }
    case 'primary': {
      return { victim: node.name, groups: ['data planes', node.name], downMs, strike: async () => await killPrimary(node, outages) }
    }
    case 'control plane': return { victim: cluster.controlPlane.name, groups: ['control plane'], downMs, strike: async () => await killNode(cluster.controlPlane, outages) }
    case 'etcd member': {
      const member = random.pick(cluster.etcd)
      return { victim: member.name, groups: ['etcd'], downMs, strike: async () => await killNode(member, outages) }
    }
    case 'etcd leader': return { victim: 'whoever leads', groups: ['etcd'], downMs, strike: async () => await killNode(await leaderOf(cluster.etcd) ?? random.pick(cluster.etcd), outages) }
    case 'etcd quorum': {
      const spared = random.pick(cluster.etcd)
      const victims = cluster.etcd.filter(member => member !== spared)
      return { victim: victims.map(({ name }) => name).join(' and '), groups: ['etcd'], downMs, strike: async () => await killAll(victims, outages) }
    }
    case 'etcd hangs': {
      const member = random.pick(cluster.etcd)
      return { victim: member.name, groups: ['etcd'], downMs, strike: async () => await hang(member, outages) }
    }
    case 'responder': return { victim: cluster.responder.name, groups: ['responder'], downMs: downMs * 2, strike: async () => await killNode(cluster.responder, outages) }
    case 'responder hangs': return { victim: cluster.responder.name, groups: ['responder'], downMs: downMs * 2, strike: async () => await hang(cluster.responder, outages) }
    case 'upstream': {
      const node = random.pick(cluster.upstreams)
      return { victim: node.name, groups: ['upstreams'], downMs, strike: async () => await killNode(node, outages) }
    }
    case 'workers replaced': {
      return { victim: node.name, groups: [node.name], downMs: 0, strike: async () => await renewWorkers(node, outages) }
    }
    case 'configuration reloaded': {
      return { victim: node.name, groups: [node.name], downMs: 2000, strike: async () => await reload(node, outages) }
    }
  }
}
