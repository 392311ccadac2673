import type { Client } from 'undici'
import { startUpstream } from '../../t/support/upstream.ts'
import { percentile } from '../measuring/median.ts'
import { startClinch } from '../peers/clinch.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import { openOnEveryWorker } from './every-worker.ts'

export const propagation: Scenario = {
  name: 'propagation',
  measures: 'from a PUT to the last of two workers serving by it, embedded store',
  needs: [],
  run
}

const putsInRound = 40

async function run ({ rounds, scope, note }: RunOptions): Promise<Report> {
  note('propagation: starting the gateway')
  const upstream = await startUpstream({ handler: (_request, response) => response.end('here') })
  scope.teardown(async () => await upstream.close())
  const clinch = await startClinch(scope, { workers: 2 })
  const connections = await openOnEveryWorker(scope, clinch)
  const timesMs: number[] = []
  for (let at = 0; at < rounds * putsInRound; at++) {
    note(`propagation: PUT ${at + 1} of ${rounds * putsInRound}`)
    const path = `/put/${at}`
    const start = performance.now()
    const put = clinch.put('routes/1', { uri: path, upstream: { type: 'roundrobin', nodes: { [upstream.node]: 1 } } })
    await Promise.all(connections.map(async connection => await untilServed(connection, path)))
    timesMs.push(performance.now() - start)
    await put
  }
  return {
    columns: ['PUTs', 'p50, ms', 'p99, ms', 'most, ms'],
    rows: [[String(timesMs.length), ...[0.5, 0.99, 1].map(share => percentile(timesMs, share).toFixed(1))]],
    remarks: ['From sending the PUT, its own time included, to the first answer by the new route on a connection to each worker.']
  }
}

async function untilServed (connection: Client, path: string): Promise<void> {
  for (;;) {
    const { statusCode, body } = await connection.request({ method: 'GET', path })
    await body.dump()
    if (statusCode === 200) return
  }
}
