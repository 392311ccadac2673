import t from 'tap'
import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { readUnverified } from '@clinch/ocsp-core'
import { der as tlv, enumerated, explicit, lengthOctets, octetString, oid, sequence, tlv as raw, utf8 } from '../support/der.ts'
import { createWorld, nowMs, shortly } from './world.ts'

const { ca, leaf, entry, outcome, response, verify } = createWorld()
let signedPart = Buffer.alloc(0)
const valid = response({ beforeSigning: tbs => { signedPart = Buffer.from(tbs); return tbs } })
const wrapped = (basic: Buffer): Buffer => sequence(enumerated(0), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic))))
const content = (octets: Buffer): Buffer => octets.subarray(octets[1] === 0x82 ? 4 : octets[1] === 0x81 ? 3 : 2)

function nested (levels: number): Buffer {
  let lengths = 0
  const headers: Buffer[] = []
  for (let i = 0; i < levels; i++) {
    const header = Buffer.concat([Buffer.from([0x30]), lengthOctets(lengths)])
    headers.push(header)
    lengths += header.length
  }
  return Buffer.concat(headers.reverse())
}

t.test('66. a trailing octet, indefinite length, non-minimal length, length past the end, 10 000 nested SEQUENCEs are MALFORMED', t => {
  const cases: [string, Buffer][] = [
    ['a trailing octet', Buffer.concat([valid, Buffer.from([0])])],
    ['a trailing element', Buffer.concat([valid, utf8('x')])],
    ['an indefinite length', Buffer.concat([raw(0x30, Buffer.from([0x80]), content(valid)), Buffer.from([0, 0])])],
    ['a non-minimal length', raw(0x30, Buffer.concat([Buffer.from([0x83, 0]), lengthOctets(content(valid).length).subarray(1)]), content(valid))],
    ['a short length in the long form', raw(0x30, Buffer.from([0x81, 3]), enumerated(6))],
    ['a length of five octets', raw(0x30, Buffer.from([0x85, 0, 0, 0, 0, 3]), enumerated(6))],
    ['the length FF', raw(0x30, Buffer.from([0xff]), enumerated(6))],
    ['a length past the end', raw(0x30, Buffer.from([0x7f]), enumerated(6))],
    ['a child longer than its parent', sequence(raw(0x0a, Buffer.from([5]), Buffer.from([0])))],
    ['10 000 nested SEQUENCEs', nested(10_000)],
    ['17 nested SEQUENCEs', nested(17)],
    ['10 000 nested in a certificate', response({ certs: [nested(10_000)] })],
    ['a multi-octet tag', Buffer.from([0x1f, 0x81, 0x01, 0x00])],
    ['nothing', Buffer.alloc(0)],
    ['one octet', Buffer.from([0x30])],
    ['an OCTET STRING in pieces', sequence(enumerated(0), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), tlv(0x24, octetString(Buffer.from([0]))))))],
    ['responseBytes twice', sequence(enumerated(0), explicit(0, content(content(valid).subarray(3))), explicit(0, content(content(valid).subarray(3))))],
    ['octets behind the basic response', wrapped(Buffer.concat([sequence(), sequence()]))]
  ]
  for (const [what, octets] of cases) {
    t.match(verify(octets), { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED', offset: Number }, what)
  }
  t.end()
})

t.test('66. encoded defaults and loose booleans in extensions are MALFORMED', t => {
  const withExtension = (...members: Buffer[]): string => outcome({ beforeSigning: tbs => sequence(content(tbs), explicit(1, sequence(sequence(...members)))) })
  const strange = oid('1.3.6.1.4.1.99999.7')
  t.equal(withExtension(strange, octetString()), 'good')
  t.equal(withExtension(strange, tlv(0x01, Buffer.from([0xff])), octetString()), 'CRITICAL_EXTENSION')
  t.equal(withExtension(strange, tlv(0x01, Buffer.from([0])), octetString()), 'MALFORMED', 'critical FALSE, spelt out')
  t.equal(withExtension(strange, tlv(0x01, Buffer.from([1])), octetString()), 'MALFORMED')
  t.equal(withExtension(strange, tlv(0x01), octetString()), 'MALFORMED')
  t.equal(withExtension(strange, octetString(), octetString()), 'MALFORMED')
  t.equal(withExtension(tlv(0x06, Buffer.from([0x80, 1])), octetString()), 'MALFORMED', 'an OID with a leading zero')
  t.equal(withExtension(tlv(0x06, Buffer.from([0x2a, 0x81])), octetString()), 'MALFORMED', 'an OID cut off')
  t.equal(withExtension(tlv(0x06), octetString()), 'MALFORMED')
  t.equal(withExtension(tlv(0x06, Buffer.alloc(65, 1)), octetString()), 'MALFORMED', 'an endless OID')
  t.equal(outcome({ beforeSigning: tbs => sequence(content(tbs), explicit(1, sequence())) }), 'MALFORMED', 'an empty list')
  t.equal(outcome({ beforeSigning: tbs => sequence(content(tbs), explicit(2, sequence())) }), 'MALFORMED', 'another member')
  t.equal(outcome({ responderId: explicit(3, octetString()) }), 'MALFORMED', 'another responderID')
  t.equal(outcome({ entries: [entry({ hashAlgorithm: sequence(oid('1.3.14.3.2.26'), tlv(0x05, Buffer.from([0]))) })] }), 'MALFORMED', 'NULL with content')
  t.equal(outcome({ entries: [entry({ serial: Buffer.alloc(0) })] }), 'MALFORMED', 'an empty serial')
  t.end()
})

t.test('67. random octets are MALFORMED and never throw', t => {
  for (let i = 0; i < 500; i++) t.equal(shortly(verify(randomBytes(i))), 'MALFORMED')
  t.end()
})

t.test('67. each prefix of a valid response is MALFORMED and never throws', t => {
  for (let length = 0; length < valid.length; length++) t.equal(shortly(verify(valid.subarray(0, length))), 'MALFORMED')
  t.equal(shortly(verify(valid)), 'good')
  t.end()
})

t.test('a response over the limit is TOO_LARGE before anything is read', t => {
  t.equal(shortly(verify(valid, { policy: { maxResponseBytes: valid.length - 1 } })), 'TOO_LARGE')
  t.equal(shortly(verify(valid, { policy: { maxResponseBytes: valid.length } })), 'good')
  t.equal(shortly(verify(Buffer.alloc(64 * 1024 + 1))), 'TOO_LARGE')
  t.end()
})

t.test('a valid response with changed octets is never good unless what was signed is untouched, and nothing throws', t => {
  const edit = fc.record({ at: fc.nat({ max: valid.length - 1 }), octet: fc.nat({ max: 255 }), kind: fc.constantFrom('set', 'insert', 'remove') })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), edits => {
    const octets = [...valid]
    for (const { at, octet, kind } of edits) {
      if (kind === 'set') octets[at] = octet
      else if (kind === 'insert') octets.splice(at, 0, octet)
      else octets.splice(at, 1)
    }
    const changed = Buffer.from(octets)
    const verdict = verify(changed)
    if (verdict.kind === 'indeterminate') return true
    return verdict.kind === 'good' && changed.includes(signedPart)
  }), { numRuns: 3000 }))
  t.end()
})

t.test('a revoked response with changed octets is never good', t => {
  const revoked = response({ entries: [entry({ status: 'revoked', reason: 1 })] })
  t.doesNotThrow(() => fc.assert(fc.property(fc.nat({ max: revoked.length - 1 }), fc.nat({ max: 255 }), (at, octet) => {
    const changed = Buffer.from(revoked)
    changed[at] = octet
    return verify(changed).kind !== 'good'
  }), { numRuns: 3000 }))
  t.end()
})

t.test('arbitrary octets never throw, verified or not', t => {
  const read = (der: Uint8Array): string => readUnverified({ der, certificate: leaf.certificate, issuer: ca.certificate, nowMs, skewMs: 0 }).kind
  t.doesNotThrow(() => fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), octets => verify(octets).kind === 'indeterminate' && read(octets) === 'indeterminate')))
  t.end()
})
