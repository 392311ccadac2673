import { StapleTable, stapleIdOf, type TakenStaple } from '@clinch/data-plane'
import t from 'tap'

const id = stapleIdOf('1', 'ab12')
const minuteMs = 60_000
const der = Buffer.from('a response')
const window = { der, thisUpdateMs: 0, usableEndMs: 100 * minuteMs }

function tableAt (now: number | (() => number), firstStapleWaitMs = 0): StapleTable {
  return new StapleTable({ now: typeof now === 'number' ? () => now : now, firstStapleWaitMs, skewMs: 5 * minuteMs })
}

/** What a handshake is given at once; a test that must not wait fails on a promise. */
function now (taken: TakenStaple | Promise<TakenStaple>): Buffer | undefined {
  if (taken instanceof Promise) throw new Error('it waits')
  return taken.der
}

t.test('a staple is sent inside its window and laid down a margin before its end', async t => {
  const cases: ReadonlyArray<readonly [string, number, boolean]> = [
    ['in the middle', 50 * minuteMs, true],
    ['before it begins, within the skew', -4 * minuteMs, true],
    ['before it begins, beyond the skew', -6 * minuteMs, false],
    ['a minute and a second before its end', 98 * minuteMs + 59_000, true],
    ['within the last minute', 99 * minuteMs + 1, false],
    ['after its end', 101 * minuteMs, false]
  ]
  for (const [name, nowMs, sent] of cases) {
    const table = tableAt(nowMs)
    table.hold(id, window)
    t.same(now(table.take(id, 'no')), sent ? der : undefined, name)
  }
})

t.test('a staple of more than 16 KiB is not sent', async t => {
  const table = tableAt(minuteMs)
  table.hold(id, { ...window, der: Buffer.alloc(16 * 1024 + 1) })
  t.equal(now(table.take(id, 'no')), undefined)
})

t.test('the staple is that of the certificate, not of the resource', async t => {
  const table = tableAt(minuteMs)
  table.hold(id, window)
  t.equal(now(table.take(stapleIdOf('1', 'cd34'), 'no')), undefined)
  t.equal(now(table.take(stapleIdOf('2', 'ab12'), 'no')), undefined)
})

t.test('while the very first fetch is in flight handshakes wait for it', async t => {
  const table = tableAt(minuteMs, 10_000)
  const waiting = [table.take(id, 'no'), table.take(id, 'no')]
  t.ok(waiting.every(staple => staple instanceof Promise))
  table.hold(id, window)
  t.same((await Promise.all(waiting)).map(taken => taken.der), [der, der])
  t.same(now(table.take(id, 'no')), der, 'and afterwards nobody waits')
})

t.test('a wait ends at once when the fetch fails, and nobody waits for what failed', async t => {
  const table = tableAt(minuteMs, 10_000)
  const waiting = table.take(id, 'no')
  table.holdNothing(id, 'failing')
  t.equal((await waiting).der, undefined)
  t.equal(now(table.take(id, 'no')), undefined)
})

t.test('handshakes wait no longer than the limit after the first one asked, all of them together', async t => {
  let nowMs = minuteMs
  const table = tableAt(() => nowMs, 20)
  t.equal((await table.take(id, 'no')).der, undefined)
  nowMs += 21
  t.equal(now(table.take(id, 'no')), undefined, 'whoever comes later does not wait')
  table.forget(id)
  t.ok(table.take(id, 'no') instanceof Promise, 'until it is forgotten and fetched anew')
})

t.test('a limit of 0 turns the wait off', async t => {
  t.equal(now(tableAt(minuteMs).take(id, 'no')), undefined)
})
