import t from 'tap'
import {
  afterFailure, afterStart, afterSuccess, breakerAllows, createBreaker, dueTime, isTransportFailure, minIntervalMs, retryDelay, unchangedDelay
} from '@clinch/ocsp-core'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const week = { thisUpdateMs: 0, usableEndMs: 8 * dayMs }
const due = (changes: Partial<Parameters<typeof dueTime>[0]>): number =>
  dueTime({ ...week, fetchedAtMs: 0, lastTryMs: 0, maxIntervalMs: 100 * dayMs, random: 0, ...changes })
const delay = (changes: Partial<Parameters<typeof retryDelay>[0]>): number =>
  retryDelay({ failures: 1, code: 'OCSP_ERR_RESPONDER_TIMEOUT', random: 1, nowMs: 0, ...changes })

t.test('a refresh is due between half and three quarters of the window', t => {
  t.equal(due({ random: 0 }), 4 * dayMs)
  t.equal(due({ random: 0.5 }), 5 * dayMs)
  t.equal(due({ random: 1 }), 6 * dayMs)
  t.end()
})

t.test('max-age moves it, but not out of there', t => {
  t.equal(due({ httpMaxAgeMs: 4.5 * dayMs }), 4.5 * dayMs)
  t.equal(due({ httpMaxAgeMs: 0 }), 4 * dayMs)
  t.equal(due({ httpMaxAgeMs: 300 * dayMs }), 6 * dayMs)
  t.end()
})

t.test('it is due at the latest when the longest interval is over', t => {
  t.equal(due({ maxIntervalMs: dayMs, random: 0 }), 0.9 * dayMs)
  t.equal(due({ maxIntervalMs: dayMs, random: 1 }), 1.1 * dayMs)
  t.equal(due({ maxIntervalMs: dayMs, httpMaxAgeMs: 5 * dayMs, random: 0.5 }), dayMs)
  t.end()
})

t.test('it is never due sooner than the shortest interval after the last try', t => {
  t.equal(due({ lastTryMs: 5 * dayMs }), 5 * dayMs + minuteMs)
  t.equal(minIntervalMs(week), minuteMs)
  t.equal(minIntervalMs({ thisUpdateMs: 0, usableEndMs: 5 * minuteMs }), 30 * secondMs)
  t.equal(minIntervalMs({ thisUpdateMs: 0, usableEndMs: 10 * secondMs }), 5 * secondMs)
  t.end()
})

t.test('an answer no newer than ours is asked for again after a sixteenth of the window', t => {
  t.equal(unchangedDelay(week, 0.5), 12 * hourMs)
  t.equal(unchangedDelay({ thisUpdateMs: 0, usableEndMs: minuteMs }, 0), 6 * secondMs)
  t.end()
})

t.test('the delay doubles from 30 s to an hour', t => {
  t.same([1, 2, 3, 7, 8].map(failures => delay({ failures })), [30, 60, 120, 1920, 3600].map(s => s * secondMs))
  t.equal(delay({ random: 0 }), 15 * secondMs, 'times a half to one')
  t.end()
})

t.test('101. 26 and 1000 failures in a row stay at the cap', t => {
  t.equal(delay({ failures: 26 }), hourMs)
  t.equal(delay({ failures: 1000 }), hourMs)
  t.equal(delay({ failures: Number.MAX_SAFE_INTEGER }), hourMs)
  t.equal(delay({ failures: 0 }), 30 * secondMs)
  t.end()
})

t.test('answers that will not change soon start at an hour and end at a day', t => {
  for (const code of ['OCSP_ERR_STATUS_MALFORMED_REQUEST', 'OCSP_ERR_STATUS_SIG_REQUIRED', 'OCSP_ERR_STATUS_UNAUTHORIZED'] as const) {
    t.equal(delay({ code }), hourMs)
    t.equal(delay({ code, failures: 99 }), dayMs)
  }
  t.equal(delay({ code: 'OCSP_ERR_STATUS_TRY_LATER' }), 30 * secondMs)
  t.end()
})

t.test('near the end of a held staple the delay shrinks', t => {
  t.equal(delay({ failures: 20, heldUntilMs: 80 * minuteMs }), 10 * minuteMs)
  t.equal(delay({ failures: 20, heldUntilMs: 5 * minuteMs }), minuteMs)
  t.equal(delay({ failures: 20, heldUntilMs: 80 * hourMs }), hourMs)
  t.equal(delay({ failures: 20, heldUntilMs: 10, nowMs: 20 }), hourMs, 'one that is over is not held')
  t.equal(delay({ code: 'OCSP_ERR_STATUS_UNAUTHORIZED', heldUntilMs: 8 * minuteMs }), minuteMs)
  t.end()
})

t.test('74. Retry-After lengthens the delay within bounds', t => {
  t.equal(delay({ retryAfterMs: 10 * minuteMs }), 10 * minuteMs)
  t.equal(delay({ retryAfterMs: secondMs }), 30 * secondMs, 'it never shortens it')
  t.equal(delay({ retryAfterMs: 365 * dayMs }), hourMs)
  t.equal(delay({ retryAfterMs: 365 * dayMs, heldUntilMs: 8 * hourMs }), 2 * hourMs)
  t.end()
})

t.test('the breaker opens after five failures in a row, for 30 s', t => {
  let breaker = createBreaker()
  for (let i = 0; i < 4; i++) breaker = afterFailure(breaker, i)
  t.equal(breakerAllows(breaker, 4), true)
  breaker = afterFailure(breaker, 4)
  t.equal(breakerAllows(breaker, 4), false)
  t.equal(breakerAllows(breaker, 4 + 30_000 - 1), false)
  t.equal(breakerAllows(breaker, 4 + 30_000), true)
  t.end()
})

t.test('a success in between starts the count again', t => {
  let breaker = createBreaker()
  for (let i = 0; i < 4; i++) breaker = afterFailure(breaker, i)
  breaker = afterFailure(afterSuccess(breaker), 5)
  t.equal(breakerAllows(breaker, 5), true)
  t.equal(afterStart(breaker, 5), breaker, 'while closed, starting changes nothing')
  t.end()
})

t.test('one probe half-opens it; the pause doubles to ten minutes', t => {
  let breaker = createBreaker()
  let now = 0
  for (let i = 0; i < 5; i++) breaker = afterFailure(breaker, now)
  const pauses: number[] = []
  for (let i = 0; i < 7; i++) {
    const opened = now
    while (!breakerAllows(breaker, now)) now += 10_000
    pauses.push(now - opened)
    breaker = afterStart(breaker, now)
    t.equal(breakerAllows(breaker, now), false, 'nobody else asks while the probe is under way')
    breaker = afterFailure(breaker, now)
  }
  t.same(pauses, [30, 60, 120, 240, 480, 600, 600].map(s => s * secondMs))
  breaker = afterSuccess(afterStart(breaker, now))
  t.equal(breakerAllows(breaker, now), true)
  t.same(breaker, createBreaker())
  t.end()
})

t.test('a probe that is never heard of again does not keep it shut for ever', t => {
  let breaker = createBreaker()
  for (let i = 0; i < 5; i++) breaker = afterFailure(breaker, 0)
  breaker = afterStart(breaker, 30_000)
  t.equal(breakerAllows(breaker, 59_999), false)
  t.equal(breakerAllows(breaker, 60_000), true)
  t.end()
})

t.test('failures of questions that were under way when it opened do not lengthen the pause', t => {
  let breaker = createBreaker()
  for (let i = 0; i < 50; i++) breaker = afterFailure(breaker, 0)
  t.equal(breakerAllows(breaker, 30_000), true)
  t.end()
})

t.test('failures of transport count, answers do not', t => {
  t.equal(isTransportFailure('OCSP_ERR_RESPONDER_TIMEOUT'), true)
  t.equal(isTransportFailure('OCSP_ERR_RESPONDER_CONNECT'), true)
  t.equal(isTransportFailure('OCSP_ERR_STATUS_TRY_LATER'), false)
  t.equal(isTransportFailure('OCSP_ERR_URL_REFUSED'), false)
  t.end()
})
