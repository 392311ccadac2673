import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { explicit, integer, nul, oid, sequence } from './der.ts'

export type KeyKind = 'ec' | 'p384' | 'p521' | 'p224' | 'rsa' | 'rsa1024' | 'rsa-pss' | 'rsa-pss-sha256' | 'ed25519' | 'ed448'

/** A fresh private key. RSA takes its time; the default everywhere is P-256. */
export function createKey (kind: KeyKind): KeyObject {
  switch (kind) {
    case 'ec': return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
    case 'p384': return generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey
    case 'p521': return generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey
    case 'p224': return generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).privateKey
    case 'rsa': return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    case 'rsa1024': return generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    case 'rsa-pss': return generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey
    case 'rsa-pss-sha256': return generateKeyPairSync('rsa-pss', { modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256' }).privateKey
    case 'ed25519': return generateKeyPairSync('ed25519').privateKey
    case 'ed448': return generateKeyPairSync('ed448').privateKey
  }
}

export type SigningHash = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512'

export interface SigningOptions {
  readonly hash?: SigningHash | undefined
  /** RSASSA-PSS in place of PKCS#1; `maskHash` other than `hash` is an odd one. */
  readonly pss?: { readonly maskHash?: SigningHash, readonly saltLength?: number, readonly trailer?: number } | undefined
}

const hashOids = { md5: '1.2.840.113549.2.5', sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2', sha512: '2.16.840.1.101.3.4.2.3' } as const
const rsaOids = { md5: '1.2.840.113549.1.1.4', sha1: '1.2.840.113549.1.1.5', sha256: '1.2.840.113549.1.1.11', sha384: '1.2.840.113549.1.1.12', sha512: '1.2.840.113549.1.1.13' } as const
const ecdsaOids = { md5: '1.2.840.10045.4.3.99', sha1: '1.2.840.10045.4.1', sha256: '1.2.840.10045.4.3.2', sha384: '1.2.840.10045.4.3.3', sha512: '1.2.840.10045.4.3.4' } as const

/** AlgorithmIdentifier and signature over `octets`. */
export function signDer (key: KeyObject, octets: Uint8Array, { hash = 'sha256', pss: wanted }: SigningOptions = {}): { algorithm: Buffer, signature: Buffer } {
  const kind = key.asymmetricKeyType
  const pss = wanted ?? (kind === 'rsa-pss' ? {} : undefined)
  if (kind === 'ed25519' || kind === 'ed448') {
    return { algorithm: sequence(oid(kind === 'ed25519' ? '1.3.101.112' : '1.3.101.113')), signature: sign(null, octets, key) }
  }
  if (kind === 'ec') return { algorithm: sequence(oid(ecdsaOids[hash])), signature: sign(hash, octets, key) }
  if (pss === undefined) return { algorithm: sequence(oid(rsaOids[hash]), nul()), signature: sign(hash, octets, { key, padding: constants.RSA_PKCS1_PADDING }) }
  const saltLength = pss.saltLength ?? 32
  return {
    algorithm: sequence(oid('1.2.840.113549.1.1.10'), pssParameters(hash, pss.maskHash ?? hash, saltLength, pss.trailer)),
    signature: sign(hash, octets, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
  }
}

export const hashAlgorithm = (hash: SigningHash, parameters: 'null' | 'absent'): Buffer =>
  parameters === 'null' ? sequence(oid(hashOids[hash]), nul()) : sequence(oid(hashOids[hash]))

function pssParameters (hash: SigningHash, maskHash: SigningHash, saltLength: number, trailer: number | undefined): Buffer {
  return sequence(
    explicit(0, hashAlgorithm(hash, 'null')),
    explicit(1, sequence(oid('1.2.840.113549.1.1.8'), hashAlgorithm(maskHash, 'null'))),
    explicit(2, integer(saltLength)),
    ...(trailer === undefined ? [] : [explicit(3, integer(trailer))])
  )
}
