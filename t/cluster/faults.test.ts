import t from 'tap'
import { faultKinds } from '../../scripts/faults/fault-kinds.ts'
import { revokedLoad } from '../../scripts/faults/load/client-certificates.ts'
import { writtenLoad } from '../../scripts/faults/load/admin-writes.ts'
import { stapleLoad } from '../../scripts/faults/load/load.ts'
import { recoveryLoad, runFaults, servedLoad } from '../../scripts/faults/run-faults.ts'
import { figuresOf } from '../../scripts/faults/figures.ts'
import { someNetwork } from './some-network.ts'

// `npm run faults` goes on for longer.
t.test('every part of a cluster dies once under mixed load', async t => {
  t.setTimeout(110_000)
  const log: string[] = []
  const run = await runFaults({ dir: t.testdir(), network: someNetwork(), seconds: 10, seed: 20, longestGapMs: 1000, log: line => { log.push(line) } })
  const { tally, faults } = run
  const failuresOf = (load: string) => tally.failures.filter(failure => failure.load === load)
  t.comment(figuresOf(run))

  t.same([...faults.keys()].sort(), [...faultKinds].sort(), log.join('\n'))
  t.same(failuresOf(recoveryLoad), [], 'what died came back')
  t.ok(tally.of(stapleLoad, 'ok') > 100)
  t.same(failuresOf(stapleLoad), [], 'no handshake was bare')
  t.ok(tally.of(writtenLoad, 'ok') > 20)
  t.same(failuresOf(writtenLoad), [], 'nothing that the Admin API acknowledged is lost')
  t.ok(tally.of(servedLoad, 'ok') > 20)
  t.same(failuresOf(servedLoad), [], 'and every data plane serves it')
  t.ok(tally.of(revokedLoad, 'ok') > 10)
  t.same(failuresOf(revokedLoad), [], 'no revoked client was let in')
  t.same(tally.failures, [], 'nothing failed that was not in flight on what was killed')
})
