import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'undici'
import { residentMiB } from '../../t/support/resident-memory.ts'
import { startUpstream, type TestUpstream } from '../../t/support/upstream.ts'
import { percentile } from '../measuring/median.ts'
import { startClinch, type Clinch } from '../peers/clinch.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import { Scope } from '../scope.ts'
import { openOnEveryWorker } from './every-worker.ts'
import { storeObjects, type Fill } from './stored-objects.ts'

export const propagation: Scenario = {
  name: 'propagation',
  measures: 'from a PUT to the last of two workers serving by it, among up to 100,000 routes and ssls; embedded store',
  needs: [],
  run
}

const fills: readonly Fill[] = [{ routes: 0, ssls: 0 }, { routes: 10_000, ssls: 0 }, { routes: 100_000, ssls: 0 }, { routes: 0, ssls: 100_000 }]
const putsInRound = 40
const askEveryMs = 2

async function run ({ rounds, scope, note }: RunOptions): Promise<Report> {
  const upstream = await startUpstream({ handler: (_request, response) => response.end('here') })
  scope.teardown(async () => await upstream.close())
  const rows: string[][] = []
  for (const fill of fills) rows.push(await measure(fill, upstream, rounds * putsInRound, note))
  return {
    columns: ['there are', 'started in, s', 'a worker, MiB', 'PUTs', 'p50, ms', 'p99, ms', 'most, ms', 'slowest other answer, ms'],
    rows,
    remarks: [
      'From sending the PUT, its own time included, to the first answer by the new route on a connection to each worker.',
      'Started: from the start of the process to the line that says that it runs. Other answers: of a route that does not change, one request after the other on one more connection.'
    ]
  }
}

async function measure (fill: Fill, upstream: TestUpstream, puts: number, note: RunOptions['note']): Promise<string[]> {
  const what = describe(fill)
  note(`propagation: storing ${what}`)
  await using scope = new Scope()
  const folder = await mkdtemp(join(tmpdir(), 'clinch-bench-propagation-'))
  scope.teardown(async () => await rm(folder, { recursive: true, force: true }))
  await storeObjects(join(folder, 'data'), fill, upstream.node)
  note(`propagation: starting with ${what}`)
  const startMs = performance.now()
  const clinch = await startClinch(scope, { workers: 2, folder })
  const startedMs = performance.now() - startMs
  const workerMiB = Math.max(...clinch.workerPids.map(residentMiB))
  const connections = await openOnEveryWorker(scope, clinch)
  await put(clinch, connections, upstream, '/warm')
  const timesMs: number[] = []
  const [slowestMs] = await Promise.all([slowestAnswer(scope, clinch, () => timesMs.length < puts), (async () => {
    for (let at = 0; at < puts; at++) {
      note(`propagation: ${what}, PUT ${at + 1} of ${puts}`)
      timesMs.push(await put(clinch, connections, upstream, `/put/${at}`))
    }
  })()])
  return [what, (startedMs / 1000).toFixed(1), workerMiB.toFixed(0), String(puts), ...[0.5, 0.99, 1].map(share => percentile(timesMs, share).toFixed(1)), slowestMs.toFixed(1)]
}

function describe ({ routes, ssls }: Fill): string {
  if (ssls > 0) return `${ssls.toLocaleString('en')} ssls`
  return routes === 0 ? 'no others' : `${routes.toLocaleString('en')} routes`
}

async function put (clinch: Clinch, connections: readonly Client[], upstream: TestUpstream, path: string): Promise<number> {
  const start = performance.now()
  const written = clinch.put('routes/changing', { uri: path, upstream: { type: 'roundrobin', nodes: { [upstream.node]: 1 } } })
  await Promise.all(connections.map(async connection => await untilServed(connection, path)))
  const tookMs = performance.now() - start
  await written
  return tookMs
}

async function untilServed (connection: Client, path: string): Promise<void> {
  for (;;) if (await statusOf(connection, path) === 200) return
}

async function slowestAnswer (scope: Scope, clinch: Clinch, goesOn: () => boolean): Promise<number> {
  const [connection] = await openOnEveryWorker(scope, clinch)
  let slowestMs = 0
  if (connection === undefined) throw new Error('there is no worker')
  while (goesOn()) {
    const start = performance.now()
    await statusOf(connection, '/nowhere')
    slowestMs = Math.max(slowestMs, performance.now() - start)
    await sleep(askEveryMs)
  }
  return slowestMs
}

async function statusOf (connection: Client, path: string): Promise<number> {
  const { statusCode, body } = await connection.request({ method: 'GET', path })
  await body.dump()
  return statusCode
}
