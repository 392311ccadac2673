import t from 'tap'
import { der as tlv, enumerated, explicit, generalizedTime, implicit, nul, octetString, oid, sequence } from '../support/der.ts'
import { buildRefusal } from '../support/ocsp-response.ts'
import { replaces, type StatusVerdict } from '@clinch/ocsp-core'
import { createWorld, dayMs, hourMs, minuteMs, nowMs, shortly, type World } from './world.ts'

const { entry, outcome, response, verify } = createWorld()
const judged = (changes: Parameters<World['entry']>[0], rest = {}): ReturnType<typeof verify> => verify(response({ entries: [entry(changes)], ...rest }))
const malformed = (octets: Buffer): void => { t.equal(shortly(verify(octets)), 'MALFORMED') }

t.test('58. revoked with and without reason, with reason 99, with a time in the future is revoked', t => {
  const revokedAtMs = nowMs - dayMs
  t.match(judged({ status: 'revoked', revokedAtMs }), { kind: 'revoked', revokedAtMs, reason: undefined })
  t.match(judged({ status: 'revoked', revokedAtMs, reason: 1 }), { kind: 'revoked', reason: 'keyCompromise' })
  t.match(judged({ status: 'revoked', reason: 8 }), { kind: 'revoked', reason: 'removeFromCRL' })
  t.match(judged({ status: 'revoked', reason: 99 }), { kind: 'revoked', reason: 'reason 99' })
  t.match(judged({ status: 'revoked', revokedAtMs: nowMs + dayMs }), { kind: 'revoked', revokedAtMs: nowMs + dayMs })
  t.end()
})

t.test('59. a hold is revoked, and good with a later thisUpdate lifts it', t => {
  const hold = judged({ status: 'revoked', reason: 6 }) as StatusVerdict
  const lifted = judged({ thisUpdate: nowMs - minuteMs }) as StatusVerdict
  const replayed = judged({ thisUpdate: nowMs - hourMs }) as StatusVerdict
  t.match(hold, { kind: 'revoked', reason: 'certificateHold' })
  t.equal(lifted.kind, 'good')
  t.equal(replaces(hold, lifted), true)
  t.equal(replaces(hold, replayed), false)
  t.end()
})

t.test('60. the extended-revoke marker makes revoked read not_issued', t => {
  const marker = { extensions: [{ oid: '1.3.6.1.5.5.7.48.1.9', value: nul() }] }
  const notIssued = { status: 'revoked', revokedAtMs: 0, reason: 6 } as const
  t.match(judged(notIssued, marker), { kind: 'revoked', detail: 'not_issued' })
  t.match(judged(notIssued), { kind: 'revoked', detail: undefined })
  t.match(judged({ ...notIssued, reason: 1 }, marker), { kind: 'revoked', detail: undefined })
  t.match(judged({ ...notIssued, revokedAtMs: 1000 }, marker), { kind: 'revoked', detail: undefined })
  t.end()
})

t.test('61. unknown is unknown', t => {
  t.match(judged({ status: 'unknown' }), { kind: 'unknown', source: 'ocsp' })
  t.end()
})

t.test('62. certStatus with tag [3], or good with content, is MALFORMED and never good', t => {
  const odd: Buffer[] = [
    implicit(3), implicit(0, Buffer.from([0])), implicit(2, Buffer.from([0])), explicit(0), explicit(2), explicit(0, nul()),
    implicit(1), explicit(1), explicit(1, nul()), nul(), tlv(0x40), tlv(0x00), tlv(0xe0),
    explicit(1, generalizedTime(nowMs), enumerated(1)), explicit(1, generalizedTime(nowMs), explicit(0, enumerated(1)), nul()),
    explicit(1, generalizedTime(nowMs), explicit(0, tlv(0x0a, Buffer.from([0, 1])))), explicit(1, generalizedTime(nowMs), explicit(0, tlv(0x0a, Buffer.from([0xff]))))
  ]
  for (const status of odd) t.equal(outcome({ entries: [entry({ status })] }), 'MALFORMED', status.toString('hex'))
  t.end()
})

t.test('63. responseStatus 1, 2, 3, 5, 6 is its own code, with and without responseBytes', t => {
  const codes = { 1: 'MALFORMED_REQUEST', 2: 'INTERNAL_ERROR', 3: 'TRY_LATER', 5: 'SIG_REQUIRED', 6: 'UNAUTHORIZED' }
  for (const [status, code] of Object.entries(codes)) {
    t.equal(shortly(verify(buildRefusal(Number(status)))), `STATUS_${code}`)
    t.equal(outcome({ responseStatus: Number(status) }), `STATUS_${code}`, 'a good response inside is ignored')
  }
  t.end()
})

t.test('64. responseStatus 0 without responseBytes, 4 and 7 are MALFORMED', t => {
  for (const status of [0, 4, 7, 127]) malformed(buildRefusal(status))
  for (const status of [4, 7]) t.equal(outcome({ responseStatus: status }), 'MALFORMED')
  malformed(sequence(tlv(0x0a, Buffer.from([0, 0])), explicit(0, nul())))
  malformed(sequence(tlv(0x0a, Buffer.from([0xff]))))
  malformed(sequence(tlv(0x0a)))
  malformed(sequence(tlv(0x02, Buffer.from([0]))))
  t.end()
})

t.test('65. a responseType that is not basic is MALFORMED', t => {
  t.equal(outcome({ responseType: '1.3.6.1.5.5.7.48.1.2' }), 'MALFORMED')
  malformed(sequence(enumerated(0), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1')))))
  malformed(sequence(enumerated(0), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString()))))
  malformed(sequence(enumerated(0), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(sequence())))))
  t.end()
})
