import t from 'tap'
import { explicit, integer, nul, oid, sequence } from '../support/der.ts'
import { createAuthority } from '../support/pki.ts'
import { createKey, hashAlgorithm, type KeyKind, signDer, type SigningOptions } from '../support/signing.ts'
import { createWorld, shortly } from './world.ts'

const rsaKey = createKey('rsa')
const world = createWorld()
const rsa = createWorld(createAuthority({ name: 'RSA CA', key: rsaKey }))
const byIssuer = (of: typeof world) => (signing: SigningOptions, policy = {}): string =>
  of.outcome({ signer: of.ca, certs: undefined, signing }, { policy })

t.test('34. one bit flipped in tbsResponseData or in the signature is SIGNATURE_INVALID', t => {
  const flip = (offset: number) => (octets: Buffer): Buffer => {
    const flipped = Buffer.from(octets)
    const at = (offset + octets.length) % octets.length
    flipped[at] = (flipped[at] ?? 0) ^ 1
    return flipped
  }
  t.equal(rsa.outcome({ signature: flip(-1), signer: rsa.ca }), 'SIGNATURE_INVALID')
  t.equal(rsa.outcome({ signature: flip(0), signer: rsa.ca }), 'SIGNATURE_INVALID')
  const { serialNumber } = world.leaf.certificate
  t.equal(world.outcome({ afterSigning: tbs => flip(tbs.indexOf(serialNumber))(tbs) }), 'SIGNATURE_INVALID', 'which comes before what the serial says')
  t.end()
})

t.test('35. SHA-1 with RSA is SIGNATURE_ALGORITHM unless the policy allows it; MD5 always is', t => {
  t.equal(byIssuer(rsa)({ hash: 'sha1' }), 'SIGNATURE_ALGORITHM')
  t.equal(byIssuer(rsa)({ hash: 'sha1' }, { allowSha1Signatures: true }), 'good')
  t.equal(byIssuer(world)({ hash: 'sha1' }), 'SIGNATURE_ALGORITHM')
  t.equal(byIssuer(world)({ hash: 'sha1' }, { allowSha1Signatures: true }), 'good')
  t.equal(byIssuer(rsa)({ hash: 'md5' }), 'SIGNATURE_ALGORITHM')
  t.equal(byIssuer(rsa)({ hash: 'md5' }, { allowSha1Signatures: true }), 'SIGNATURE_ALGORITHM')
  t.end()
})

t.test('36. an algorithm that does not fit the key is SIGNATURE_ALGORITHM', t => {
  const ecdsa = sequence(oid('1.2.840.10045.4.3.2'))
  t.equal(rsa.outcome({ signer: rsa.ca, certs: undefined, algorithm: ecdsa }), 'SIGNATURE_ALGORITHM')
  t.equal(world.outcome({ algorithm: sequence(oid('1.3.101.112')) }), 'SIGNATURE_ALGORITHM')
  t.equal(world.outcome({ algorithm: sequence(oid('1.2.840.10045.4.3.3')) }), 'SIGNATURE_INVALID', 'another hash than the one used is')
  t.equal(world.outcome({ algorithm: sequence(oid('1.2.840.10045.4.3.2'), nul()) }), 'SIGNATURE_ALGORITHM', 'ECDSA takes no parameters')
  t.equal(rsa.outcome({ signer: rsa.ca, certs: undefined, algorithm: sequence(oid('1.2.840.113549.1.1.11')) }), 'good', 'RSA may do without its NULL')
  t.equal(rsa.outcome({ signer: rsa.ca, certs: undefined, algorithm: sequence(oid('1.2.840.113549.1.1.11'), sequence()) }), 'SIGNATURE_ALGORITHM')
  t.end()
})

t.test('37. PSS with SHA-2 is accepted, PSS with odd parameters is not', t => {
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) t.equal(byIssuer(rsa)({ hash, pss: {} }), 'good')
  t.equal(byIssuer(rsa)({ pss: { saltLength: 20 } }), 'good')
  t.equal(byIssuer(rsa)({ pss: { trailer: 1 } }), 'good')
  t.equal(byIssuer(rsa)({ pss: { maskHash: 'sha1' } }), 'SIGNATURE_ALGORITHM')
  t.equal(byIssuer(rsa)({ pss: { trailer: 2 } }), 'SIGNATURE_ALGORITHM')
  t.equal(byIssuer(rsa)({ hash: 'sha1', pss: {} }), 'SIGNATURE_ALGORITHM')
  t.equal(byIssuer(rsa)({ hash: 'sha1', pss: { saltLength: 20 } }, { allowSha1Signatures: true }), 'good')
  const pss = (...parameters: Buffer[]): string => rsa.outcome({ signer: rsa.ca, certs: undefined, signing: { pss: {} }, algorithm: sequence(oid('1.2.840.113549.1.1.10'), ...parameters) })
  t.equal(pss(), 'SIGNATURE_ALGORITHM', 'without parameters')
  t.equal(pss(sequence()), 'SIGNATURE_ALGORITHM', 'empty parameters mean SHA-1')
  t.equal(pss(sequence(explicit(0, hashAlgorithm('sha256', 'null')), explicit(1, sequence(oid('1.2.3'))))), 'SIGNATURE_ALGORITHM', 'another mask')
  t.equal(pss(sequence(explicit(9, integer(1)))), 'SIGNATURE_ALGORITHM')
  t.equal(pss(nul()), 'SIGNATURE_ALGORITHM')
  t.end()
})

t.test('37. Ed25519, Ed448, P-384 and P-521 are accepted', t => {
  const kinds: [KeyKind, SigningOptions][] = [['ed25519', {}], ['ed448', {}], ['p384', { hash: 'sha384' }], ['p521', { hash: 'sha512' }], ['p384', { hash: 'sha256' }]]
  for (const [key, signing] of kinds) {
    const of = createWorld(createAuthority({ name: key, key }))
    t.equal(byIssuer(of)(signing), 'good', `${key} of the issuer`)
    const signer = world.ca.issueDelegate({ key })
    t.equal(world.outcome({ signer, certs: [signer.certDer], signing }), 'good', `${key} of a delegate`)
  }
  t.end()
})

t.test('37. a key that is bound to PSS signs with its own parameters only', t => {
  const free = createWorld(createAuthority({ name: 'PSS CA', key: 'rsa-pss' }))
  t.equal(byIssuer(free)({}), 'good')
  t.equal(byIssuer(free)({ hash: 'sha512', pss: { saltLength: 20 } }), 'good')
  t.equal(free.outcome({ signer: free.ca, certs: undefined, algorithm: sequence(oid('1.2.840.113549.1.1.11'), nul()) }), 'SIGNATURE_ALGORITHM', 'never with PKCS#1')
  const bound = createWorld(createAuthority({ name: 'Bound CA', key: 'rsa-pss-sha256' }))
  t.equal(byIssuer(bound)({}), 'good')
  const sha384 = signDer(free.ca.privateKey, Buffer.alloc(0), { hash: 'sha384', pss: { saltLength: 48 } }).algorithm
  t.equal(bound.outcome({ signer: bound.ca, certs: undefined, algorithm: sha384 }), 'SIGNATURE_ALGORITHM')
  const signer = free.ca.issueDelegate({ key: 'rsa-pss' })
  t.equal(free.outcome({ signer, certs: [signer.certDer] }), 'good', 'and so may a delegate')
  t.end()
})

t.test('38. unused bits are MALFORMED, an ECDSA signature with trailing octets is SIGNATURE_INVALID', t => {
  t.equal(world.outcome({ signatureUnusedBits: 1 }), 'MALFORMED')
  t.equal(world.outcome({ signature: signature => Buffer.concat([signature, Buffer.from([0])]) }), 'SIGNATURE_INVALID')
  t.equal(world.outcome({ signature: () => Buffer.alloc(0) }), 'SIGNATURE_INVALID')
  t.end()
})

t.test('39. tbsResponseData that means the same in other octets is SIGNATURE_INVALID', t => {
  const withVersion = (tbs: Buffer): Buffer => sequence(explicit(0, integer(0)), tbs.subarray(tbs[1] === 0x82 ? 4 : tbs[1] === 0x81 ? 3 : 2))
  t.equal(shortly(world.verify(world.response({ afterSigning: withVersion }))), 'SIGNATURE_INVALID')
  t.equal(world.outcome({ version: explicit(0, integer(0)) }), 'good', 'signed like that, an encoded version is tolerated')
  t.equal(world.outcome({ version: explicit(0, integer(1)) }), 'MALFORMED')
  t.end()
})
