import t from 'tap'
import { createHash, X509Certificate } from 'node:crypto'
import { findIssuer, isIssuedBy, OcspError, ocspErrors, parseCertificate, parsePemCertificates } from '@clinch/ocsp-core'
import { der as tlv, explicit, integer, nul, octetString, oid, sequence } from '../support/der.ts'
import { createAuthority, nameDer } from '../support/pki.ts'
import { createKey } from '../support/signing.ts'

const root = createAuthority({ name: 'Root' })
const intermediate = createAuthority({ name: 'Intermediate', parent: root })

t.test('a certificate says what OCSP needs to know', t => {
  const leaf = intermediate.issue({
    sans: ['leaf.test', '127.0.0.1', '::1'],
    ocspUris: ['http://ocsp.test/', 'ldap://ocsp.test/'],
    crlUris: ['http://crl.test/ca.crl'],
    mustStaple: true
  })
  const { certificate } = leaf
  const node = new X509Certificate(leaf.certPem)
  t.equal(certificate.fingerprint, node.fingerprint256.replaceAll(':', '').toLowerCase())
  t.equal(certificate.serialHex, node.serialNumber.toLowerCase())
  t.equal(certificate.subject, 'CN=leaf.test')
  t.equal(certificate.issuer, 'CN=Intermediate')
  t.equal(certificate.notBeforeMs, Date.parse(node.validFrom))
  t.equal(certificate.notAfterMs, Date.parse(node.validTo))
  t.equal(certificate.publicKey.equals(node.publicKey), true)
  t.equal(certificate.publicKey, certificate.publicKey, 'made once')
  t.ok(certificate.publicKeyDer.subarray(-certificate.publicKeyBits.length).equals(certificate.publicKeyBits))
  t.match(certificate, {
    ocspUris: ['http://ocsp.test/', 'ldap://ocsp.test/'],
    crlUris: ['http://crl.test/ca.crl'],
    hasCrlPoint: true,
    isCa: false,
    isSelfIssued: false,
    mustStaple: true,
    noRevAvail: false,
    ocspNoCheck: false,
    extendedKeyUsages: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
    criticalExtensions: ['2.5.29.19', '2.5.29.15']
  })
  t.same([...certificate.keyUsage ?? []], [0])
  t.match(root.certificate, { isCa: true, isSelfIssued: true, ocspUris: [], mustStaple: false })
  t.same([...root.certificate.keyUsage ?? []], [0, 5, 6])
  t.match(root.issue({ noRevAvail: true, ocspNoCheck: true, keyUsage: undefined }).certificate, { noRevAvail: true, ocspNoCheck: true, keyUsage: undefined })
  t.end()
})

t.test('oddities of real certificates are read', t => {
  const critical = sequence(oid('2.5.29.19'), tlv(0x01, Buffer.from([0])), octetString(sequence()))
  t.ok(parseCertificate(handMade(critical)), 'critical FALSE, spelt out')
  t.equal(parseCertificate(handMade()).extendedKeyUsages.length, 0, 'no extensions')
  t.equal(parseCertificate(handMade()).subject, '', 'no name')
  const point = (...members: Buffer[]): Buffer => sequence(oid('2.5.29.31'), octetString(sequence(sequence(...members))))
  t.match(parseCertificate(handMade(point())), { crlUris: [], hasCrlPoint: true })
  t.match(parseCertificate(handMade(point(explicit(0, explicit(1))))), { crlUris: [], hasCrlPoint: true }, 'a name relative to the issuer')
  const feature = (n: number): Buffer => sequence(oid('1.3.6.1.5.5.7.1.24'), octetString(sequence(integer(n))))
  t.equal(parseCertificate(handMade(feature(5))).mustStaple, true)
  t.equal(parseCertificate(handMade(feature(17))).mustStaple, false, 'status_request_v2 is never spoken')
  t.equal(parseCertificate(handMade(feature(300))).mustStaple, false)
  t.equal(parseCertificate(handMade(feature(2 ** 40))).mustStaple, false)
  t.end()
})

t.test('what is no certificate is OCSP_ERR_MALFORMED', t => {
  const { certDer } = root
  const malformed = { name: 'OcspError', code: 'OCSP_ERR_MALFORMED' }
  t.throws(() => parseCertificate(Buffer.alloc(0)), malformed)
  t.throws(() => parseCertificate(Buffer.from('hello')), malformed)
  t.throws(() => parseCertificate(Buffer.concat([certDer, Buffer.from([0])])), malformed)
  for (let length = 0; length < certDer.length; length += 7) t.throws(() => parseCertificate(certDer.subarray(0, length)), malformed)
  const twice = sequence(oid('1.2.3'), octetString())
  t.throws(() => parseCertificate(handMade(twice, twice)), malformed, 'the same extension twice')
  t.throws(() => parseCertificate(handMade(sequence(oid('2.5.29.15'), octetString(tlv(0x03))))), malformed, 'an odd keyUsage')
  t.throws(() => parseCertificate(handMade(sequence(oid('2.5.29.15'), octetString(tlv(0x03, Buffer.from([8, 0])))))), malformed)
  t.throws(() => parseCertificate(handMade(sequence(oid('2.5.29.37'), octetString(nul())))), malformed, 'an odd extKeyUsage')
  t.end()
})

t.test('a key that nobody knows is OCSP_ERR_MALFORMED when it is used', t => {
  const strange = parseCertificate(handMade())
  t.throws(() => strange.publicKey, { code: 'OCSP_ERR_MALFORMED' })
  t.equal(isIssuedBy(strange, strange), false)
  t.end()
})

t.test('PEM gives its certificates in order and passes over the rest', t => {
  const leaf = intermediate.issue()
  const found = parsePemCertificates(`junk\n${leaf.keyPem}${leaf.chainPem.replaceAll('\n', '\r\n')}more junk`)
  t.same(found.map(({ subject }) => subject), ['CN=leaf.test', 'CN=Intermediate', 'CN=Root'])
  t.same(parsePemCertificates('nothing here'), [])
  t.throws(() => parsePemCertificates('-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----'), { code: 'OCSP_ERR_MALFORMED' })
  t.throws(() => parsePemCertificates('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'), { code: 'OCSP_ERR_MALFORMED' })
  t.end()
})

t.test('the issuer is found by name, key and signature', t => {
  const namesake = createAuthority({ name: 'Intermediate' })
  const leaf = intermediate.issue().certificate
  const candidates = [leaf, root, namesake, intermediate].map(of => 'certificate' in of ? of.certificate : of)
  t.equal(findIssuer(leaf, candidates), intermediate.certificate)
  t.equal(findIssuer(intermediate.certificate, candidates), root.certificate)
  t.equal(findIssuer(root.certificate, candidates), root.certificate, 'a root finds itself')
  t.equal(findIssuer(leaf, [root.certificate, namesake.certificate]), undefined)
  const renamed = root.issue({ issuerName: 'Somebody else' }).certificate
  t.equal(findIssuer(renamed, [root.certificate]), undefined, 'the signature alone is not enough')
  t.end()
})

t.test('every kind of key signs and is found as issuer', t => {
  for (const key of ['rsa', 'p384', 'p521', 'ed25519', 'ed448'] as const) {
    const ca = createAuthority({ name: key, key })
    t.equal(findIssuer(ca.issue().certificate, [ca.certificate]), ca.certificate, key)
  }
  const old = createAuthority({ name: 'old', key: 'rsa', signing: { hash: 'sha1' } })
  t.equal(isIssuedBy(old.certificate, old.certificate), true, 'whom SHA-1 vouches for is still who he is')
  t.end()
})

t.test('an error has a code, a message from the table, and its detail', t => {
  const cause = new Error('why')
  const error = new OcspError('OCSP_ERR_SIGNER_NOT_AUTHORIZED', { cause, reason: 'eku', detail: 'no EKU' })
  t.match(error, { code: 'OCSP_ERR_SIGNER_NOT_AUTHORIZED', reason: 'eku', detail: 'no EKU', cause, message: /may not sign it: no EKU/ })
  t.match(new OcspError('OCSP_ERR_EXPIRED'), { message: ocspErrors.OCSP_ERR_EXPIRED, detail: ocspErrors.OCSP_ERR_EXPIRED, reason: undefined })
  t.end()
})

// A certificate with empty names and a key that is none.
function handMade (...extensions: Buffer[]): Buffer {
  const algorithm = sequence(oid('1.2.3'))
  const time = tlv(0x17, Buffer.from('490101000000Z'))
  return sequence(
    sequence(
      explicit(0, integer(2)), integer(1), algorithm, sequence(), sequence(time, tlv(0x18, Buffer.from('20500101000000Z'))), sequence(),
      sequence(algorithm, tlv(0x03, Buffer.from([0, 1, 2, 3]))),
      ...(extensions.length === 0 ? [] : [explicit(3, sequence(...extensions))])
    ),
    algorithm,
    tlv(0x03, Buffer.from([0, 1]))
  )
}

t.test('the makings of the tests are themselves right', t => {
  t.ok(new X509Certificate(root.certPem).checkIssued(new X509Certificate(root.certPem)))
  t.ok(new X509Certificate(intermediate.certPem).checkPrivateKey(intermediate.privateKey))
  t.equal(createHash('sha256').update(nameDer('x')).digest().length, 32)
  t.equal(createKey('p224').asymmetricKeyDetails?.namedCurve, 'secp224r1')
  t.end()
})
