import { setTimeout as wait } from 'node:timers/promises'
import type { EtcdMember } from '../cluster/etcd-member.ts'
import type { GatewayNode } from '../cluster/gateway-node.ts'
import type { NodeProcess } from '../cluster/node-process.ts'
import { hasStopped } from '../cluster/stopped.ts'
import { ports } from '../cluster/topology.ts'
import type { Outages } from './outages.ts'
import { clientPortsOf } from './owned-connections.ts'
import { untilItHolds } from './until.ts'

/** Brings back what was struck; rejects when it does not come back as it should. */
export type Mend = () => Promise<void>
/** Makes a fault happen, and keeps books of it. */
export type Strike = () => Promise<Mend>

/** A worker that died is to be replaced within this, on a machine that is busy. */
const replacedWithinMs = 30_000

/** It is stopped before, so that the connections that die with it are known and none is added. */
export async function killWorker (node: GatewayNode, which: number, outages: Outages): Promise<Mend> {
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

export async function killPrimary (node: GatewayNode, outages: Outages): Promise<Mend> {
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

export async function killNode (node: NodeProcess, outages: Outages): Promise<Mend> {
  return await killAll([node], outages)
}

export async function killAll (nodes: readonly NodeProcess[], outages: Outages): Promise<Mend> {
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

export async function hang (node: NodeProcess, outages: Outages): Promise<Mend> {
  const outage = outages.begin(node.name)
  await node.pause()
  return async () => {
    node.resume()
    outage.goneMs = outage.backMs = Date.now()
  }
}

export async function renewWorkers (node: GatewayNode, outages: Outages): Promise<Mend> {
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

/** Which replaces the workers, too. */
export async function reload (node: GatewayNode, outages: Outages): Promise<Mend> {
  outages.renew(node.name)
  node.signal('SIGHUP')
  return async () => {}
}

export async function leaderOf (members: readonly EtcdMember[]): Promise<EtcdMember | undefined> {
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
