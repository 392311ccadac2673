import { createPublicKey, createSecretKey, type KeyObject, type webcrypto } from 'node:crypto'
import type { Algorithm, JwtCredential } from './credential.ts'

export type VerificationKey =
  | { readonly kind: 'key', readonly key: KeyObject | webcrypto.CryptoKey }
  /** `message` is for the operator and quotes no secret. */
  | { readonly kind: 'fault', readonly message: string }

/** What the signatures of a consumer's tokens are verified with. */
export function makeVerificationKey (credential: JwtCredential): VerificationKey {
  return isHmac(credential.algorithm) ? makeSecretKey(credential) : readPublicKey(credential)
}

export function isHmac (algorithm: Algorithm): boolean {
  return algorithm.startsWith('HS')
}

function makeSecretKey ({ algorithm, secret, base64_secret: isBase64 }: JwtCredential): VerificationKey {
  if (secret === undefined) return { kind: 'fault', message: 'property "secret" is required when using HS based algorithms' }
  if (isBase64 && !base64.test(secret)) return { kind: 'fault', message: 'base64_secret required but the secret is not in base64 format' }
  const key = createSecretKey(secret, isBase64 ? 'base64' : 'utf8')
  return { kind: 'key', key: key.toCryptoKey({ name: 'HMAC', hash: `SHA-${algorithm.slice(2)}` }, false, ['verify']) }
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=?|[A-Za-z0-9+/]{2}(?:==)?)$/

function readPublicKey ({ algorithm, public_key: pem }: JwtCredential): VerificationKey {
  if (pem === undefined || pem === '') return { kind: 'fault', message: 'missing valid public key' }
  try {
    const key = createPublicKey(pem)
    return fits(algorithm, key) ? { kind: 'key', key } : { kind: 'fault', message: `missing valid public key: ${algorithm} needs ${needs(algorithm)}` }
  } catch {
    return { kind: 'fault', message: 'missing valid public key: public_key is not a public key in PEM' }
  }
}

// RFC 7518 3.3 to 3.5, RFC 8037 3.1
function fits (algorithm: Algorithm, { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (algorithm === 'EdDSA') return type === 'ed25519'
  const curve = curves[algorithm]
  if (curve !== undefined) return details?.namedCurve === curve.name
  return type === 'rsa' && (details?.modulusLength ?? 0) >= leastRsaBits
}

function needs (algorithm: Algorithm): string {
  if (algorithm === 'EdDSA') return 'an Ed25519 key'
  const curve = curves[algorithm]
  return curve === undefined ? `an RSA key of at least ${leastRsaBits} bits` : `an EC key on ${curve.shown}`
}

const leastRsaBits = 2048
const curves: Partial<Record<Algorithm, { readonly name: string, readonly shown: string }>> = {
  ES256: { name: 'prime256v1', shown: 'P-256' },
  ES384: { name: 'secp384r1', shown: 'P-384' },
  ES512: { name: 'secp521r1', shown: 'P-521' }
}
