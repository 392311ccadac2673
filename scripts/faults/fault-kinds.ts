import { setTimeout as wait } from 'node:timers/promises'
import type { SeededRandom } from '../../t/ocsp-core/seeded-random.ts'
import type { EtcdMember } from '../cluster/etcd-member.ts'
import type { GatewayNode } from '../cluster/gateway-node.ts'
import type { NodeProcess } from '../cluster/node-process.ts'
import type { Cluster } from '../cluster/start-cluster.ts'
import { hasStopped } from '../cluster/stopped.ts'
import { ports } from '../cluster/topology.ts'
import type { Outages } from './outages.ts'
import { clientPortsOf } from './owned-connections.ts'
import { untilItHolds } from './until.ts'

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
  /** Makes it happen; resolves with what brings the part back. */
  strike (): Promise<() => Promise<void>>
}

export const faultKinds = ['worker', 'primary', 'control plane', 'etcd member', 'etcd leader', 'etcd quorum', 'etcd hangs', 'responder', 'responder hangs', 'upstream', 'workers replaced', 'configuration reloaded'] as const
export type FaultKind = typeof faultKinds[number]

/** Faults of data planes that do not hit the first: the processes of the others live long enough to see whether they grow. */
const sparedShare = 1 / 16
const shortDownMs = 500
const longDownMs = 5000
/** A worker that died is to be replaced within this, on a machine that is busy. */
const replacedWithinMs = 30_000

/** How often each happens, compared with the others. */
const weights: Readonly<Partial<Record<FaultKind, number>>> = { 'control plane': 0.15 } // for its memory's sake, too

export function chooseKind (random: SeededRandom): FaultKind {
  for (;;) {
    const kind = random.pick(faultKinds)
    if (random.chance(weights[kind] ?? 1)) return kind
  }
}

export function chooseFault (kind: FaultKind, context: FaultContext): Fault {
  const { cluster, outages, random } = context
  const [first, ...spared] = cluster.dataPlanes
  const pickDataPlane = (): GatewayNode => random.pick(first === undefined || random.chance(sparedShare) ? spared : [first])
  const downMs = shortDownMs + random.below(longDownMs)
  switch (kind) {
    case 'worker': {
      const node = pickDataPlane()
      const which = random.below(2 ** 16)
      return { victim: `a worker of ${node.name}`, groups: [node.name], downMs: 0, strike: async () => await killWorker(node, which, outages) }
    }
    case 'primary': {
      const node = pickDataPlane()
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
      const node = pickDataPlane()
      return { victim: node.name, groups: [node.name], downMs: 0, strike: async () => await renewWorkers(node, outages) }
    }
    case 'configuration reloaded': {
      const node = pickDataPlane()
      return { victim: node.name, groups: [node.name], downMs: 2000, strike: async () => { node.signal('SIGHUP'); return async () => {} } }
    }
  }
}

// It is stopped before, so that the connections that die with it are known and none is added.
async function killWorker (node: GatewayNode, which: number, outages: Outages): Promise<() => Promise<void>> {
  const before = await node.workers()
  const pid = before[which % before.length]
  if (pid === undefined) return async () => {}
  process.kill(pid, 'SIGSTOP')
  while (!await hasStopped(pid)) await wait(1)
  const outage = outages.begin(node.name, await clientPortsOf(pid, [ports.http, ports.https]))
  process.kill(pid, 'SIGKILL')
  await isGone(pid)
  outage.goneMs = Date.now()
  return async () => {
    await untilItHolds(async () => {
      const now = await node.workers()
      return !now.includes(pid) && now.length === before.length && await node.isServing()
    }, `${node.name} did not replace worker ${pid}`, replacedWithinMs)
    outage.backMs = Date.now()
  }
}

async function killPrimary (node: GatewayNode, outages: Outages): Promise<() => Promise<void>> {
  const workers = await node.workers()
  const outage = outages.begin(node.name)
  await node.kill()
  await Promise.all(workers.map(isGone)) // they end by themselves
  outage.goneMs = Date.now()
  return async () => {
    await node.start()
    outage.backMs = Date.now()
  }
}

async function killNode (node: NodeProcess, outages: Outages): Promise<() => Promise<void>> {
  return await killAll([node], outages)
}

async function killAll (nodes: readonly NodeProcess[], outages: Outages): Promise<() => Promise<void>> {
  const begun = nodes.map(node => ({ node, outage: outages.begin(node.name) }))
  await Promise.all(begun.map(async ({ node, outage }) => {
    await node.kill()
    outage.goneMs = Date.now()
  }))
  return async () => {
    await Promise.all(begun.map(async ({ node, outage }) => {
      await node.start()
      outage.backMs = Date.now()
    }))
  }
}

async function hang (node: NodeProcess, outages: Outages): Promise<() => Promise<void>> {
  const outage = outages.begin(node.name)
  await node.pause()
  return async () => {
    node.resume()
    outage.goneMs = outage.backMs = Date.now()
  }
}

async function renewWorkers (node: GatewayNode, outages: Outages): Promise<() => Promise<void>> {
  const before = await node.workers()
  outages.renew(node.name)
  node.signal('SIGUSR2')
  return async () => {
    await untilItHolds(async () => {
      const now = await node.workers()
      return now.length === before.length && !now.some(pid => before.includes(pid)) && await node.isServing()
    }, `${node.name} did not replace its workers`, replacedWithinMs)
  }
}

async function leaderOf (members: readonly EtcdMember[]): Promise<EtcdMember | undefined> {
  const leads = await Promise.all(members.map(async member => await member.isLeader()))
  return members[leads.indexOf(true)]
}

async function isGone (pid: number): Promise<void> {
  await untilItHolds(() => {
    try {
      process.kill(pid, 0)
      return false
    } catch {
      return true
    }
  }, `process ${pid} did not end`, replacedWithinMs)
}
