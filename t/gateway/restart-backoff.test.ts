import t from 'tap'
import { RestartBackoff } from '../../packages/gateway/src/primary/worker-pool/restart-backoff.ts'

t.test('a worker that dies is replaced at once, and later and later while its successors die soon', t => {
  const cases: ReadonlyArray<readonly [string, readonly number[], readonly number[]]> = [
    ['one death', [60_000], [0]],
    ['deaths far apart', [60_000, 10_000, 10_000], [0, 0, 0]],
    ['successors that never serve', [60_000, 0, 0, 0, 0, 0, 0, 0, 0], [0, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]],
    ['successors that die soon', [0, 9999, 9999], [0, 200, 400]],
    ['one that served for long ends the row', [0, 0, 0, 10_000, 0], [0, 200, 400, 0, 200]]
  ]
  for (const [name, served, expected] of cases) {
    const backoff = new RestartBackoff()
    t.strictSame(served.map(servedMs => backoff.next(servedMs)), expected, name)
  }
  t.end()
})
