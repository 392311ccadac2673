import { setTimeout as wait } from 'node:timers/promises'
import { createSeededRandom } from '../../t/ocsp-core/seeded-random.ts'
import { describeEnd, type End, type NodeProcess } from '../cluster/node-process.ts'
import { startCluster, type Cluster } from '../cluster/start-cluster.ts'
import { ports } from '../cluster/topology.ts'
import { keepFailing } from './fault-schedule.ts'
import type { FaultKind } from './fault-kinds.ts'
import { adminWrites, pathOf, readVersion, writtenLoad } from './load/admin-writes.ts'
import { goodClient, revokedClient } from './load/client-certificates.ts'
import { handshakes } from './load/handshakes.ts'
import { http2 } from './load/http2.ts'
import { keepAlive } from './load/keep-alive.ts'
import type { Load, LoadContext } from './load/load.ts'
import { tunnels } from './load/tunnels.ts'
import type { MemoryTrend } from './memory-trend.ts'
import { MemoryWatch, type ProcessKind } from './memory-watch.ts'
import { Outages } from './outages.ts'
import { prepare, type Prepared } from './prepare.ts'
import { Tally } from './tally.ts'
import { untilItHolds } from './until.ts'
import { WrittenConfiguration } from './written-configuration.ts'

export interface FaultRunOptions {
  /** Where the cluster keeps its data and logs. */
  readonly dir: string
  readonly network: string
  readonly seconds: number
  readonly seed: number
  /** Between two faults, at most; 2.8 s by default. */
  readonly longestGapMs?: number
  /** What fails and comes back. */
  readonly log: (line: string) => void
  readonly onProgress?: (tally: Tally, elapsedMs: number) => void
  /** Ends the run before its time. */
  readonly signal?: AbortSignal
}

export interface FaultRun {
  readonly tally: Tally
  readonly faults: ReadonlyMap<FaultKind, number>
  readonly memory: ReadonlyMap<ProcessKind, MemoryTrend>
  readonly seconds: number
}

/** Counted for itself: what did not come back, or not in time, or died without being killed. */
export const recoveryLoad = 'parts that came back'
/** Counted for itself: at the end every data plane serves every version that was acknowledged. */
export const servedLoad = 'acknowledged writes served'

const progressEveryMs = 10_000
const servedWithinMs = 40_000

/** A cluster under mixed load while its parts are killed and come back. */
export async function runFaults (options: FaultRunOptions): Promise<FaultRun> {
  const { dir, network, log, signal } = options
  const tally = new Tally(({ load, what }) => log(`FAILED: ${load}: ${what}`))
  const onDeath = ({ name }: NodeProcess, end: End): void => tally.fail(recoveryLoad, `${name} died by itself: ${describeEnd(end)}`)
  const cluster = await startCluster({ dir, network, onDeath, ...signal === undefined ? {} : { signal } })
  try {
    return await run(cluster, tally, await prepare(cluster), options)
  } finally {
    await cluster.close()
  }
}

async function run (cluster: Cluster, tally: Tally, { rootPem, issuer, good, revoked }: Prepared, { seconds, seed, longestGapMs = 2800, log, onProgress, signal = new AbortController().signal }: FaultRunOptions): Promise<FaultRun> {
  const outages = new Outages()
  const written = new WrittenConfiguration()
  const loading = new AbortController()
  const contextOf = (index: number): LoadContext => ({ cluster, outages, tally, random: createSeededRandom(seed + index), signal: loading.signal, rootPem, issuer })
  const loads: readonly Load[] = [
    keepAlive({ load: 'HTTPS/1.1 requests', isTls: true, method: 'GET' }),
    keepAlive({ load: 'HTTPS/1.1 requests', isTls: true, method: 'GET' }),
    keepAlive({ load: 'HTTP/1.1 requests', isTls: false, method: 'GET' }),
    keepAlive({ load: 'POST requests', isTls: true, method: 'POST' }),
    http2, http2, handshakes, handshakes, tunnels, tunnels,
    goodClient(good), revokedClient(revoked), adminWrites(written)
  ]
  const memory = new MemoryWatch(cluster)
  memory.start()
  const startMs = Date.now()
  const progress = setInterval(() => onProgress?.(tally, Date.now() - startMs), progressEveryMs)
  const running = Promise.all(loads.map(async (load, index) => await load(contextOf(index + 1))))
  running.catch(() => {}) // it is awaited below
  try {
    const faults = await keepFailing({
      cluster,
      outages,
      random: createSeededRandom(seed),
      seconds,
      longestGapMs,
      signal,
      log,
      onBack: failure => {
        if (failure === undefined) tally.count(recoveryLoad, 'ok')
        else tally.fail(recoveryLoad, failure)
      }
    })
    await wait(1000) // whatever is left to go wrong
    loading.abort()
    await running
    await checkWritten(contextOf(0), written)
    return { tally, faults, memory: memory.trends(), seconds: (Date.now() - startMs) / 1000 }
  } finally {
    loading.abort()
    clearInterval(progress)
    memory.close()
  }
}

async function checkWritten (context: LoadContext, written: WrittenConfiguration): Promise<void> {
  const { cluster, tally } = context
  for (const key of written.keys) {
    let version: string | undefined
    await untilItHolds(async () => {
      const read = await readVersion(context, key)
      if (read === 'unknown') return false
      version = read.version
      return true
    }, `the Admin API does not tell what ${key} is`, servedWithinMs)
    const lost = written.judge(key, version)
    if (lost === undefined) tally.count(writtenLoad, 'ok')
    else tally.fail(writtenLoad, lost)
    for (const node of cluster.dataPlanes) await checkServed(tally, node, key, version)
  }
}

async function checkServed (tally: Tally, { name, ip }: { readonly name: string, readonly ip: string }, key: string, version: string | undefined): Promise<void> {
  let served: string | undefined
  try {
    await untilItHolds(async () => {
      const answer = await fetch(`http://${ip}:${ports.http}${pathOf(key)}`)
      const text = await answer.text()
      served = answer.status === 200 ? text : undefined
      return served === version
    }, `${name} does not serve it`, servedWithinMs)
    tally.count(servedLoad, 'ok')
  } catch {
    tally.fail(servedLoad, `${key}: ${version ?? 'nothing'} is stored, ${name} serves ${served ?? 'nothing'}`)
  }
}
