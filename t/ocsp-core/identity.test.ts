import t from 'tap'
import { createHash } from 'node:crypto'
import { buildRequest, createCertId, verifyResponse, staplePolicy } from '@clinch/ocsp-core'
import { oid, sequence } from '../support/der.ts'
import { buildResponse } from '../support/ocsp-response.ts'
import { readRequest } from '../support/ocsp-request.ts'
import { createAuthority } from '../support/pki.ts'
import { createWorld, hourMs, nowMs, shortly } from './world.ts'

const { ca, leaf, delegate, entry, outcome, verify, response } = createWorld()
const namesake = createAuthority({ name: 'World CA' })
const sha256 = (octets: Buffer): Buffer => createHash('sha256').update(octets).digest()

t.test('1. a response for another serial of the same issuer is CERT_ID_NOT_FOUND', t => {
  const other = ca.issue()
  t.equal(outcome({ entries: [entry({ certificate: other.certificate })] }), 'CERT_ID_NOT_FOUND')
  t.end()
})

t.test('2. the same serial of another issuer behind the same responder is CERT_ID_NOT_FOUND', t => {
  const otherCa = createAuthority({ name: 'Other CA' })
  const twin = otherCa.issue({ serial: leaf.serialHex })
  t.equal(outcome({ entries: [entry({ certificate: twin.certificate, issuer: otherCa.certificate })] }), 'CERT_ID_NOT_FOUND')
  t.end()
})

t.test('3. the issuerKeyHash of a namesake CA is CERT_ID_NOT_FOUND', t => {
  t.equal(outcome({ entries: [entry({ issuerKeyHash: sha256(namesake.certificate.publicKeyBits) })] }), 'CERT_ID_NOT_FOUND')
  t.equal(outcome({ entries: [entry({ issuerNameHash: sha256(Buffer.from('another name')) })] }), 'CERT_ID_NOT_FOUND')
  t.end()
})

t.test('4. a CertID with SHA-1, SHA-384 or SHA-512 in answer to SHA-256 is accepted', t => {
  for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
    t.match(verify(response({ entries: [entry({ hash })] })), { kind: 'good', hash })
  }
  t.end()
})

t.test('5. a CertID hash that is MD5 or unknown is CERT_ID_NOT_FOUND', t => {
  t.equal(outcome({ entries: [entry({ hash: 'md5' })] }), 'CERT_ID_NOT_FOUND')
  t.equal(outcome({ entries: [entry({ hashAlgorithm: sequence(oid('1.2.3.4')) })] }), 'CERT_ID_NOT_FOUND')
  t.end()
})

t.test('6. AlgorithmIdentifier parameters NULL and absent are equal', t => {
  for (const hash of ['sha1', 'sha256'] as const) {
    for (const hashParameters of ['null', 'absent'] as const) t.equal(outcome({ entries: [entry({ hash, hashParameters })] }), 'good')
  }
  t.end()
})

t.test('7. serials of 20 and 21 octets, negative, and with the high bit set are matched as integers', t => {
  for (const serial of ['7f' + '11'.repeat(19), '7f' + '22'.repeat(20), 'ff7f', '80', '00ff', '00', '01']) {
    const odd = ca.issue({ serial })
    const spec = entry({ certificate: odd.certificate })
    t.equal(outcome({ entries: [spec] }, { certificate: odd.certificate }), 'good', serial)
    const request = readRequest(buildRequest({ certificate: odd.certificate, issuer: ca.certificate, hash: 'sha256' }))
    t.equal(request.serialHex, serial, 'and copied into the request as they stand')
  }
  const padded = ca.issue({ serial: '000001' })
  t.equal(outcome({ entries: [entry({ certificate: padded.certificate, serial: Buffer.from([1]) })] }, { certificate: padded.certificate }), 'good', 'a certificate with needless zeros')
  t.equal(outcome({ entries: [entry({ serial: Buffer.from('000001', 'hex') })] }), 'MALFORMED', 'which a response must not have')
  t.end()
})

t.test('8. extra entries for other certificates do not matter, even if ours is last', t => {
  const others = Array.from({ length: 5 }, () => entry({ certificate: ca.issue().certificate, status: 'revoked' }))
  t.equal(outcome({ entries: [...others, entry()] }), 'good')
  t.end()
})

t.test('9. a SHA-1 and a SHA-256 entry for ours, equal, are accepted', t => {
  t.equal(outcome({ entries: [entry({ hash: 'sha1' }), entry({ hash: 'sha256' })] }), 'good')
  t.end()
})

t.test('10. of two entries for ours, good and revoked, revoked counts', t => {
  t.equal(outcome({ entries: [entry(), entry({ hash: 'sha1', status: 'revoked' })] }), 'revoked')
  t.equal(outcome({ entries: [entry({ status: 'revoked' }), entry()] }), 'revoked')
  t.equal(outcome({ entries: [entry({ status: 'unknown' }), entry()] }), 'unknown')
  t.equal(outcome({ entries: [entry({ status: 'unknown' }), entry({ status: 'revoked', thisUpdate: nowMs - 2 * hourMs })] }), 'revoked')
  t.end()
})

t.test('11. of two entries for ours, one expired and one current, the current one counts', t => {
  const expired = entry({ thisUpdate: nowMs - 9 * hourMs, nextUpdate: nowMs - 8 * hourMs })
  t.match(verify(response({ entries: [expired, entry()] })), { kind: 'good', thisUpdateMs: nowMs - hourMs, nextUpdateMs: nowMs + hourMs })
  t.equal(outcome({ entries: [{ ...expired, status: 'revoked' }, entry()] }), 'good', 'an expired revoked is put aside as well')
  t.equal(outcome({ entries: [expired, entry({ thisUpdate: nowMs + hourMs, nextUpdate: nowMs + 2 * hourMs })] }), 'NOT_YET_VALID', 'if all fail: the code of the most recent')
  t.end()
})

t.test('12. empty responses are MALFORMED', t => {
  t.equal(outcome({ entries: [] }), 'MALFORMED')
  t.equal(outcome({ entries: new Array<ReturnType<typeof entry>>(65).fill(entry()) }), 'MALFORMED', 'and so are more than 64')
  t.equal(outcome({ entries: new Array<ReturnType<typeof entry>>(64).fill(entry()) }), 'good', '64 are not')
  t.end()
})

t.test('a CertID is made from the issuer name of the certificate and the key bits of the issuer', t => {
  const certId = createCertId(leaf.certificate, ca.certificate, 'sha256')
  t.ok(certId.includes(sha256(leaf.certificate.issuerDer)))
  t.ok(certId.includes(sha256(ca.certificate.publicKeyBits)))
  t.notOk(certId.includes(Buffer.from('0500', 'hex')), 'SHA-256 has no parameters')
  t.ok(createCertId(leaf.certificate, ca.certificate, 'sha1').includes(Buffer.from('06052b0e03021a0500', 'hex')), 'those of SHA-1 are NULL')
  t.end()
})

t.test('a response about our certificate does not count under another issuer', t => {
  const der = buildResponse({ entries: [entry()], signer: delegate, certs: [delegate.certDer], producedAt: nowMs })
  const verdict = verifyResponse({ der, certificate: leaf.certificate, issuer: namesake.certificate, nowMs, policy: staplePolicy })
  t.equal(shortly(verdict), 'SIGNER_NOT_AUTHORIZED issuer')
  t.end()
})
