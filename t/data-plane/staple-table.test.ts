import { StapleTable, stapleIdOf } from '@clinch/data-plane'
import t from 'tap'

const id = stapleIdOf('1', 'ab12')
const minuteMs = 60_000
const der = Buffer.from('a response')
const window = { der, thisUpdateMs: 0, usableEndMs: 100 * minuteMs }

function tableAt (nowMs: number, firstStapleWaitMs = 0): StapleTable {
  return new StapleTable({ now: () => nowMs, firstStapleWaitMs, skewMs: 5 * minuteMs })
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
    t.same(table.take(id), sent ? der : undefined, name)
  }
})

t.test('a staple of more than 16 KiB is not sent', async t => {
  const table = tableAt(minuteMs)
  table.hold(id, { ...window, der: Buffer.alloc(16 * 1024 + 1) })
  t.equal(table.take(id), undefined)
})

t.test('the staple is that of the certificate, not of the resource', async t => {
  const table = tableAt(minuteMs, 0)
  table.hold(id, window)
  t.equal(table.take(stapleIdOf('1', 'cd34')), undefined)
  t.equal(table.take(stapleIdOf('2', 'ab12')), undefined)
})

t.test('while the very first fetch is in flight a handshake waits for it', async t => {
  const table = tableAt(minuteMs, 10_000)
  const waiting = [table.take(id), table.take(id)]
  t.ok(waiting.every(staple => staple instanceof Promise))
  table.hold(id, window)
  t.same(await Promise.all(waiting), [der, der])
  t.same(table.take(id), der, 'and afterwards nobody waits')
})

t.test('a wait ends at once when the fetch fails, and nobody waits for what failed', async t => {
  const table = tableAt(minuteMs, 10_000)
  const waiting = table.take(id)
  table.holdNothing(id)
  t.equal(await waiting, undefined)
  t.equal(table.take(id), undefined)
})

t.test('a wait ends with the configured limit', async t => {
  t.equal(await tableAt(minuteMs, 5).take(id), undefined)
})

t.test('a limit of 0 turns the wait off', async t => {
  t.equal(tableAt(minuteMs, 0).take(id), undefined)
})
