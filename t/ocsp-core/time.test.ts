import t from 'tap'
import { clientCheckPolicy, dueTime, judgeStaple, replaces, type StatusVerdict, type VerifyPolicy } from '@clinch/ocsp-core'
import { der as tlv, generalizedTime, timeText } from '../support/der.ts'
import { createWorld, dayMs, hourMs, minuteMs, nowMs, shortly } from './world.ts'

const { ca, delegate, leaf, entry, response, verify } = createWorld()
const year = 365 * dayMs

type Times = { this?: number | string | Buffer, next?: number | string | Buffer | null, produced?: number | string | Buffer }
const timed = (times: Times): Buffer => response({
  entries: [entry({ thisUpdate: times.this ?? nowMs - hourMs, nextUpdate: times.next === undefined ? nowMs + hourMs : times.next })],
  producedAt: times.produced ?? nowMs - hourMs
})
const outcome = (times: Times, policy: Partial<VerifyPolicy> = {}): string => shortly(verify(timed(times), { policy }))
const status = (times: Times, policy: Partial<VerifyPolicy> = {}): StatusVerdict => {
  const verdict = verify(timed(times), { policy })
  if (verdict.kind === 'indeterminate') throw new Error(verdict.code)
  return verdict
}

t.test('40. thisUpdate in the future is accepted inside the skew and NOT_YET_VALID beyond', t => {
  t.equal(outcome({ this: nowMs + 5 * minuteMs }), 'good')
  t.equal(outcome({ this: nowMs + 5 * minuteMs + 1000 }), 'NOT_YET_VALID')
  t.equal(outcome({ this: nowMs + 2 * minuteMs }, clientCheckPolicy), 'NOT_YET_VALID')
  t.end()
})

t.test('41. nextUpdate just past is accepted inside the skew but never stapled, and EXPIRED beyond', t => {
  const late = status({ next: nowMs - minuteMs })
  t.match(late, { kind: 'good', withinTolerance: true })
  t.same(judgeStaple(late, nowMs, 300_000), { kind: 'unusable', reason: 'expired' })
  t.equal(outcome({ next: nowMs }), 'good', 'the end is exclusive')
  t.equal(status({ next: nowMs }).withinTolerance, true)
  t.equal(status({ next: nowMs + 1000 }).withinTolerance, false)
  t.equal(outcome({ next: nowMs - 5 * minuteMs }), 'EXPIRED')
  t.equal(outcome({ next: nowMs - 5 * minuteMs + 1000 }), 'good')
  t.equal(outcome({ next: nowMs - minuteMs }, clientCheckPolicy), 'EXPIRED')
  t.end()
})

t.test('42. nextUpdate missing is NEXT_UPDATE_MISSING, and accepted with a TTL policy', t => {
  const ttl = { withoutNextUpdateTtlMs: 2 * hourMs }
  t.equal(outcome({ next: null }), 'NEXT_UPDATE_MISSING')
  t.match(status({ next: null }, ttl), { kind: 'good', usableEndMs: nowMs + hourMs, nextUpdateMs: nowMs + hourMs })
  t.equal(outcome({ next: null, this: nowMs - 3 * hourMs }, ttl), 'EXPIRED', 'older than the TTL')
  t.equal(outcome({ next: null, produced: nowMs }, { withoutNextUpdateTtlMs: minuteMs }), 'EXPIRED')
  t.end()
})

t.test('43. nextUpdate that is not after thisUpdate is TIME_ORDER', t => {
  t.equal(outcome({ this: nowMs - hourMs, next: nowMs - hourMs }), 'TIME_ORDER')
  t.equal(outcome({ this: nowMs + minuteMs, next: nowMs }), 'TIME_ORDER')
  t.end()
})

t.test('44. producedAt in the future is NOT_YET_VALID; after nextUpdate it is TIME_ORDER', t => {
  t.equal(outcome({ produced: nowMs + 5 * minuteMs }), 'good')
  t.equal(outcome({ produced: nowMs + 6 * minuteMs }), 'NOT_YET_VALID')
  t.equal(outcome({ this: nowMs - 3 * hourMs, next: nowMs - 2 * hourMs, produced: nowMs - hourMs }), 'TIME_ORDER')
  t.end()
})

t.test('45. a window of 10 years is accepted and its usable end cut', t => {
  const long = { this: nowMs - hourMs, next: nowMs + 10 * year }
  t.match(status(long), { kind: 'good', nextUpdateMs: nowMs + 10 * year, usableEndMs: nowMs - hourMs + 10 * dayMs })
  t.equal(status(long, { maxWindowMs: undefined }).usableEndMs, leaf.certificate.notAfterMs, 'unlimited for client checks')
  t.end()
})

t.test('46. a window of 60 s is accepted and stapled, and refreshed in time', t => {
  const short = status({ this: nowMs - 1000, next: nowMs + 59_000, produced: nowMs - 1000 })
  t.same(judgeStaple(short, nowMs, 300_000), { kind: 'usable' })
  t.same(judgeStaple(short, nowMs + 57_000, 300_000), { kind: 'usable' }, 'for most of its life')
  t.same(judgeStaple(short, nowMs + 58_500, 300_000), { kind: 'unusable', reason: 'expired' }, 'less a small margin')
  for (const random of [0, 0.5, 0.999]) {
    const due = dueTime({ ...short, fetchedAtMs: nowMs, lastTryMs: nowMs, maxIntervalMs: dayMs, random })
    t.ok(due >= nowMs + 29_000 && due <= nowMs + 45_000, `due ${due - nowMs} ms from now`)
  }
  t.end()
})

t.test('47. a window longer than the certificate or the delegate lives is cut, not refused', t => {
  const brief = ca.issue({ notAfterMs: nowMs + 10 * minuteMs })
  const briefDelegate = ca.issueDelegate({ notAfterMs: nowMs + 5 * minuteMs })
  const entries = [entry({ certificate: brief.certificate })]
  t.match(verify(response({ entries }), { certificate: brief.certificate }), { kind: 'good', usableEndMs: nowMs + 10 * minuteMs })
  t.match(verify(response({ entries, signer: briefDelegate, certs: [briefDelegate.certDer] }), { certificate: brief.certificate }), { kind: 'good', usableEndMs: nowMs + 5 * minuteMs })
  t.end()
})

t.test('48. odd and impossible times are MALFORMED; the year 9999 is accepted', t => {
  const text = timeText(nowMs - hourMs)
  const odd: [string, string | Buffer][] = [
    ['fractional seconds', text.replace('Z', '.5Z')],
    ['an offset', text.replace('Z', '+0000')],
    ['no zone', text.replace('Z', '')],
    ['no seconds', text.replace(/\d\dZ/, 'Z')],
    ['UTCTime', tlv(0x17, Buffer.from(text.slice(2)))],
    ['30 February', '20260230000000Z'],
    ['29 February of a common year', '20250229000000Z'],
    ['month 13', '20251301000000Z'],
    ['hour 24', '20250101240000Z'],
    ['second 60', '20161231235960Z'],
    ['empty', '']
  ]
  for (const [what, time] of odd) {
    t.equal(outcome({ this: time }), 'MALFORMED', `thisUpdate: ${what}`)
    t.equal(outcome({ next: time }), 'MALFORMED', `nextUpdate: ${what}`)
    t.equal(outcome({ produced: time }), 'MALFORMED', `producedAt: ${what}`)
  }
  t.match(status({ next: '99991231235959Z' }), { kind: 'good', nextUpdateMs: Date.UTC(9999, 11, 31, 23, 59, 59) })
  t.equal(outcome({ this: generalizedTime(Date.UTC(2024, 1, 29)) }), 'good', '29 February of a leap year')
  t.end()
})

const held = (kind: 'good' | 'revoked' | 'unknown', thisUpdateMs: number, producedAtMs = thisUpdateMs) => ({ kind, thisUpdateMs, producedAtMs })

t.test('49. an older good replayed after revoked was seen is ignored', t => {
  t.equal(replaces(held('revoked', 10), held('good', 9)), false)
  t.equal(replaces(held('revoked', 10), held('good', 10, 99)), false, 'and so is one with the same thisUpdate')
  t.equal(replaces(held('revoked', 10), held('good', 11)), true, 'a hold was lifted')
  t.end()
})

t.test('50. an older good replayed after a newer good is ignored', t => {
  t.equal(replaces(held('good', 10), held('good', 9, 99)), false)
  t.equal(replaces(held('good', 10), held('good', 10)), false, 'the same again is no news')
  t.equal(replaces(held('good', 10), held('good', 10, 11)), true)
  t.equal(replaces(held('good', 10), held('good', 11)), true)
  t.equal(replaces(held('good', 10), held('revoked', 9)), false)
  t.equal(replaces(held('good', 10), held('revoked', 11)), true)
  t.equal(replaces(undefined, held('good', 1)), true)
  t.end()
})

t.test('unknown takes the place of neither good nor revoked', t => {
  t.equal(replaces(held('good', 10), held('unknown', 11)), false)
  t.equal(replaces(held('revoked', 10), held('unknown', 11)), false)
  t.equal(replaces(held('unknown', 10), held('unknown', 11)), true)
  t.equal(replaces(held('unknown', 10), held('good', 11)), true)
  t.end()
})

t.test('51. a clock that jumps back a day or forward a year makes a staple unusable until it returns', t => {
  const staple = status({})
  t.same(judgeStaple(staple, nowMs, 300_000), { kind: 'usable' })
  t.same(judgeStaple(staple, nowMs - dayMs, 300_000), { kind: 'unusable', reason: 'early' })
  t.same(judgeStaple(staple, nowMs + year, 300_000), { kind: 'unusable', reason: 'expired' })
  t.same(judgeStaple(staple, nowMs, 300_000), { kind: 'usable' })
  t.end()
})

t.test('maxAge refuses what is older, and what is accepted is used no longer', t => {
  t.equal(outcome({}, { maxAgeMs: 30 * minuteMs }), 'TOO_OLD')
  t.match(status({}, { maxAgeMs: 90 * minuteMs }), { kind: 'good', usableEndMs: nowMs + 30 * minuteMs })
  t.end()
})

t.test('the margin of a staple is a fiftieth of its window, at most a minute', t => {
  const window = { thisUpdateMs: 0, usableEndMs: 10 * dayMs }
  t.same(judgeStaple(window, 10 * dayMs - minuteMs - 1, 0), { kind: 'usable' })
  t.same(judgeStaple(window, 10 * dayMs - minuteMs, 0), { kind: 'unusable', reason: 'expired' })
  t.same(judgeStaple({ thisUpdateMs: 0, usableEndMs: NaN }, 1, 0), { kind: 'unusable', reason: 'expired' }, 'no end is no staple')
  t.end()
})

t.test('a clock or policy that is no number never makes good', t => {
  t.equal(shortly(verify(response(), { nowMs: NaN })), 'SIGNER_NOT_AUTHORIZED validity')
  t.equal(shortly(verify(response({ signer: ca, certs: [delegate.certDer] }), { nowMs: NaN })), 'EXPIRED')
  t.equal(shortly(verify(response({ signer: ca }), { policy: { skewMs: NaN } })), 'EXPIRED')
  t.equal(shortly(verify(response({ signer: ca }), { policy: { maxAgeMs: NaN } })), 'TOO_OLD')
  t.equal(shortly(verify(response({ signer: ca }), { policy: { withoutNextUpdateTtlMs: NaN } })), 'good', 'unused')
  t.end()
})
