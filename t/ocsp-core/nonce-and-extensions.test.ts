import t from 'tap'
import { randomBytes } from 'node:crypto'
import { nul, octetString } from '../support/der.ts'
import type { ExtensionSpec } from '../support/certificate-extensions.ts'
import { createWorld, hourMs, minuteMs, nowMs, shortly } from './world.ts'

const { ca, entry, outcome, response, verify } = createWorld()
const nonceSent = randomBytes(32)
const nonceOid = '1.3.6.1.5.5.7.48.1.2'
const strange = (critical: boolean): ExtensionSpec => ({ oid: '1.3.6.1.4.1.99999.7', critical, value: nul() })

t.test('52. a nonce that differs is NONCE_MISMATCH', t => {
  t.equal(outcome({ nonce: randomBytes(32) }, { nonceSent }), 'NONCE_MISMATCH')
  t.equal(outcome({ nonce: nonceSent.subarray(0, 31) }, { nonceSent }), 'NONCE_MISMATCH')
  t.equal(outcome({ nonce: nonceSent }, { nonceSent }), 'good')
  t.end()
})

t.test('53. a nonce that is absent is accepted if optional and NONCE_MISSING if required', t => {
  t.equal(outcome({}, { nonceSent, policy: { nonce: 'optional' } }), 'good')
  t.equal(outcome({}, { nonceSent, policy: { nonce: 'required' } }), 'NONCE_MISSING')
  t.equal(outcome({ nonce: nonceSent }, { nonceSent, policy: { nonce: 'required' } }), 'good')
  t.equal(outcome({}, { policy: { nonce: 'required' } }), 'good', 'a response read back from the disk is not bound to an exchange any more')
  t.end()
})

t.test('54. a nonce in the response when none was sent is ignored', t => {
  t.equal(outcome({ nonce: randomBytes(32) }), 'good')
  t.equal(outcome({ extensions: [{ oid: nonceOid, value: Buffer.from('odd') }] }), 'good')
  t.end()
})

t.test('55. a nonce of 0 or 129 octets, or unwrapped, is NONCE_MISMATCH', t => {
  for (const size of [0, 129]) {
    const odd = randomBytes(size)
    t.equal(outcome({ nonce: odd }, { nonceSent: odd }), 'NONCE_MISMATCH', `${size} octets`)
  }
  for (const size of [1, 128]) {
    const fair = randomBytes(size)
    t.equal(outcome({ nonce: fair }, { nonceSent: fair }), 'good', `${size} octets`)
  }
  t.equal(outcome({ extensions: [{ oid: nonceOid, value: nonceSent }] }, { nonceSent }), 'NONCE_MISMATCH', 'unwrapped')
  t.equal(outcome({ extensions: [{ oid: nonceOid, value: Buffer.concat([octetString(nonceSent), Buffer.from([0])]) }] }, { nonceSent }), 'NONCE_MISMATCH', 'trailing octets')
  t.end()
})

t.test('56. an unknown critical extension refuses in the response and in our entry, and is ignored in a foreign entry', t => {
  t.equal(outcome({ extensions: [strange(true)] }), 'CRITICAL_EXTENSION')
  t.equal(outcome({ entries: [entry({ extensions: [strange(true)] })] }), 'CRITICAL_EXTENSION')
  const foreign = entry({ certificate: ca.issue().certificate, extensions: [strange(true)] })
  t.equal(outcome({ entries: [foreign, entry()] }), 'good')
  t.equal(outcome({ nonce: nonceSent, extensions: [{ oid: '1.3.6.1.5.5.7.48.1.9', critical: true, value: nul() }] }), 'good', 'a known one may be critical')
  t.end()
})

t.test('57. an unknown extension that is not critical is ignored; the same OID twice is MALFORMED', t => {
  t.equal(outcome({ extensions: [strange(false)] }), 'good')
  t.equal(outcome({ entries: [entry({ extensions: [strange(false)] })] }), 'good')
  t.equal(outcome({ extensions: [strange(false), strange(false)] }), 'MALFORMED')
  t.equal(outcome({ entries: [entry({ extensions: [strange(false), strange(false)] })] }), 'MALFORMED')
  t.end()
})

t.test('archiveCutoff, CrlID and reason codes change nothing', t => {
  const known = ['1.3.6.1.5.5.7.48.1.6', '1.3.6.1.5.5.7.48.1.3', '2.5.29.21'].map(oid => ({ oid, critical: true, value: nul() }))
  t.equal(outcome({ entries: [entry({ extensions: known })] }), 'good')
  t.end()
})

t.test('the steps run in their order: the signature before the nonce, the nonce before the entry, the entry before time', t => {
  const expired = entry({ thisUpdate: nowMs - 3 * hourMs, nextUpdate: nowMs - 2 * hourMs })
  const foreign = entry({ certificate: ca.issue().certificate, thisUpdate: nowMs + hourMs, nextUpdate: nowMs + minuteMs })
  const wrong = { nonce: randomBytes(32), entries: [foreign] }
  t.equal(shortly(verify(response({ ...wrong, signature: () => Buffer.from('no') }), { nonceSent })), 'SIGNATURE_INVALID')
  t.equal(outcome(wrong, { nonceSent }), 'NONCE_MISMATCH')
  t.equal(outcome({ entries: [foreign] }, { nonceSent }), 'CERT_ID_NOT_FOUND')
  t.equal(outcome({ entries: [foreign, expired], producedAt: nowMs - 3 * hourMs }, { nonceSent }), 'EXPIRED')
  t.end()
})
