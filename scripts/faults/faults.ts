// npm run faults -- [--minutes N] [--seed N] [--dir DIR] [--network 127.0.31]: a cluster of processes under mixed load, whose parts
// are killed at random and come back. Ends with a table, and with status 1 when something failed that may not.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { ClusterError } from '../cluster/cluster-error.ts'
import { figuresOf } from './figures.ts'
import { runFaults } from './run-faults.ts'
import { stapleLoad } from './load/load.ts'
import type { Tally } from './tally.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    dir: { type: 'string', default: 'data/faults' },
    network: { type: 'string', default: '127.0.31' }
  }
})
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? randomInt(2 ** 31))
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write('usage: npm run faults -- [--minutes N] [--seed N] [--dir DIR] [--network 127.0.31]\n')
  process.exit(2)
}

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())
const { dir, network } = values
console.log(`seed ${seed}, ${minutes} minutes, logs in ${dir}/logs; Ctrl-C ends it with the figures until then`)

try {
  const run = await runFaults({ dir, network, seconds: minutes * 60, seed, signal: ending.signal, log: line => console.log(`${new Date().toISOString()} ${line}`), onProgress: showProgress })
  console.log(`\nseed ${seed}, ${figuresOf(run)}`)
  process.exitCode = run.tally.totalFailed > 0 ? 1 : 0
} catch (err) {
  if (!(err instanceof ClusterError) && !ending.signal.aborted) throw err
  console.error((err as Error).message)
  process.exitCode = 1
}

function showProgress (tally: Tally, elapsedMs: number): void {
  console.log(`${String(Math.round(elapsedMs / 1000)).padStart(5)} s  ${tally.totalOk} done, ${tally.totalFailed} failed, of ${tally.of(stapleLoad, 'ok')} handshakes ${tally.failed(stapleLoad)} bare`)
}
