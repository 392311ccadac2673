import { Throttle } from '@clinch/plugins'
import t from 'tap'

t.test('one of each key passes in an interval, and the next one knows how many did not', async t => {
  let nowMs = 1_000_000
  const throttle = new Throttle({ intervalMs: 60, maxKeys: 10, now: () => nowMs })
  t.same(['a', 'a', 'b', 'a', 'b'].map(key => throttle.pass(key)), [0, undefined, 0, undefined, undefined])
  nowMs += 59
  t.equal(throttle.pass('a'), undefined)
  nowMs += 1
  t.same(['a', 'b', 'a'].map(key => throttle.pass(key)), [3, 1, undefined])

  await t.test('a clock that was set back lets it pass', async t => {
    nowMs -= 1000
    t.equal(throttle.pass('a'), 1)
  })
})

t.test('what it remembers is bounded, whatever comes', async t => {
  const throttle = new Throttle({ intervalMs: Infinity, maxKeys: 2, now: () => 0 })
  t.same(['a', 'b', 'c', 'c', 'b', 'a'].map(key => throttle.pass(key)), [0, 0, 0, undefined, undefined, 0])
})
