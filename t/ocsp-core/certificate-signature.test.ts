import t from 'tap'
import { generateKeyPairSync, sign } from 'node:crypto'
import { isIssuedBy, parseCertificate } from '@clinch/ocsp-core'
import { type DerNode, readTree, writeTree } from '../../scripts/fuzz/der-tree.ts'
import { der as tlv, nul, octetString, oid, sequence } from '../support/der.ts'
import { createAuthority } from '../support/pki.ts'
import { createWorld } from './world.ts'

const ca = createAuthority({ name: 'Signing CA' })
const leaf = ca.issue()
const sha256 = sequence(oid('1.2.840.10045.4.3.2'))
const sha224 = sequence(oid('1.2.840.10045.4.3.1'))

// The leaf again, with its parts changed and signed anew.
function signedAnew ({ inner = sha256, outer = inner, hash = 'sha256', change = () => {} }: { inner?: Buffer, outer?: Buffer, hash?: string, change?: (tbs: DerNode[]) => void }): Buffer {
  const tbs = readTree(leaf.certDer)?.[0]?.children?.[0]?.children ?? []
  tbs[2] = { tag: 0x30, children: undefined, content: inner.subarray(2) }
  change(tbs)
  const tbsDer = sequence(writeTree(tbs))
  return sequence(tbsDer, outer, tlv(0x03, Buffer.from([0]), sign(hash, tbsDer, ca.privateKey)))
}

const isOurs = (certDer: Buffer): boolean => isIssuedBy(parseCertificate(certDer), ca.certificate)

t.test('a certificate is signed by a key if the signature is over its very octets', t => {
  t.equal(isOurs(signedAnew({})), true)
  t.equal(isOurs(signedAnew({ hash: 'sha384' })), false, 'with another hash than it says')
  const flipped = Buffer.from(leaf.certDer)
  flipped[20] = (flipped[20] ?? 0) ^ 1
  t.equal(isOurs(flipped), false)
  t.end()
})

t.test('an algorithm inside that is not the one outside is no signature', t => {
  t.equal(isOurs(signedAnew({ inner: sequence(oid('1.2.840.10045.4.3.3')), outer: sha256 })), false)
  t.equal(isOurs(signedAnew({ inner: sequence(oid('1.2.840.10045.4.3.2'), nul()), outer: sha256 })), false)
  t.end()
})

t.test('algorithms that no response may use are left to OpenSSL', t => {
  t.equal(isOurs(signedAnew({ inner: sha224, hash: 'sha224' })), true)
  t.equal(isOurs(signedAnew({ inner: sha224, hash: 'sha256' })), false)
  t.equal(isOurs(signedAnew({ inner: sequence(oid('1.2.3')) })), false)
  t.end()
})

t.test('what OpenSSL does not read has no name to show and nobody who signed it', t => {
  const change = (tbs: DerNode[]): void => { tbs[5] = { tag: 0x30, children: undefined, content: octetString() } }
  const strange = parseCertificate(signedAnew({ change, inner: sha224, hash: 'sha224' }))
  t.equal(strange.subject, '')
  t.equal(strange.issuer, '')
  t.throws(() => strange.publicKey, { code: 'OCSP_ERR_MALFORMED' })
  t.equal(isIssuedBy(strange, ca.certificate), false)
  t.end()
})

t.test('object identifiers are read whatever the size of their arcs', t => {
  const octets = ['883703', '692102030405060708', '27', '4f', '69828080808080808080808000', '6983ffffffffffff7f', '69ffffffffff7f']
  const usages = sequence(...octets.map(hex => tlv(0x06, Buffer.from(hex, 'hex'))))
  const { extendedKeyUsages } = ca.issue({ extendedKeyUsages: [], extensions: [{ oid: '2.5.29.37', value: usages }] }).certificate
  t.same(extendedKeyUsages, ['2.999.3', '2.25.33.2.3.4.5.6.7.8', '0.39', '1.39', `2.25.${2n ** 78n}`, `2.25.${2n ** 51n - 1n}`, `2.25.${2n ** 42n - 1n}`])
  t.end()
})

t.test('a delegate whose curve is spelt out instead of named has a weak key', t => {
  const world = createWorld()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' })
  const delegate = world.ca.issueDelegate({ key: privateKey })
  t.equal(world.outcome({ signer: delegate, certs: [delegate.certDer] }), 'SIGNER_NOT_AUTHORIZED weakKey')
  t.end()
})

t.test('a delegate with an RSA key of 2048 bits is strong enough', t => {
  const world = createWorld(createAuthority({ name: 'RSA CA', key: 'rsa' }))
  const delegate = world.ca.issueDelegate({ key: 'rsa' })
  t.equal(world.outcome({ signer: delegate, certs: [delegate.certDer] }), 'good')
  t.end()
})
