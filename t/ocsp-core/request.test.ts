import t from 'tap'
import { buildRequest, parseCertificate } from '@clinch/ocsp-core'
import { readRequest } from '../support/ocsp-request.ts'
import { createAuthority } from '../support/pki.ts'
import { integer, sequence } from '../support/der.ts'

const ca = createAuthority({ name: 'Request CA' })
const leaf = ca.issue({ serial: '0123456789abcdef' })
const pair = { certificate: leaf.certificate, issuer: ca.certificate }

t.test('a request has one CertID and nothing else', t => {
  for (const hash of ['sha1', 'sha256'] as const) {
    const read = readRequest(buildRequest({ ...pair, hash }))
    t.match(read, { count: 1, hash, serialHex: '0123456789abcdef', nonce: undefined })
  }
  t.end()
})

t.test('the same input gives the same octets', t => {
  t.ok(buildRequest({ ...pair, hash: 'sha256' }).equals(buildRequest({ ...pair, hash: 'sha256' })))
  t.end()
})

t.test('the octets are those of the structure, written out', t => {
  const { issuerNameHash, issuerKeyHash } = readRequest(buildRequest({ ...pair, hash: 'sha1' }))
  const certId = '300906052b0e03021a0500' + `0414${issuerNameHash.toString('hex')}` + `0414${issuerKeyHash.toString('hex')}` + '02080123456789abcdef'
  t.equal(buildRequest({ ...pair, hash: 'sha1' }).toString('hex'), '3049' + '3047' + '3045' + '3043' + '3041' + certId)
  t.end()
})

t.test('a nonce is an OCTET STRING in an OCTET STRING and not critical', t => {
  const nonce = Buffer.alloc(32, 7)
  const request = buildRequest({ ...pair, hash: 'sha256', nonce })
  t.same(readRequest(request).nonce, nonce)
  t.ok(request.toString('hex').endsWith('a2333031302f06092b06010505073001020422' + '0420' + nonce.toString('hex')))
  t.end()
})

t.test('a long issuer name and a long serial make lengths of more than one octet', t => {
  const long = createAuthority({ name: 'x'.repeat(300) })
  const { certificate } = long.issue({ serial: '7f' + '00'.repeat(199) })
  t.equal(readRequest(buildRequest({ certificate: parseCertificate(certificate.der), issuer: long.certificate, hash: 'sha256' })).serialHex.length, 400)
  t.equal(sequence(integer(128)).toString('hex'), '300402020080', 'and the makings of the tests agree')
  t.end()
})
