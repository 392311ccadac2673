import { constants, type KeyObject, verify } from 'node:crypto'
import type { SignatureScheme } from './scheme.ts'

export interface SignatureCheck {
  readonly scheme: SignatureScheme
  readonly key: KeyObject
  readonly signed: Buffer
  readonly signature: Buffer
}

/** `mismatch`: the key is of another kind than the scheme, or is bound to other PSS parameters. */
export type SignatureResult = 'valid' | 'invalid' | 'mismatch'

/** Verifies with the key as it is. Never throws: what node:crypto cannot digest is `invalid`. */
export function verifySignature ({ scheme, key, signed, signature }: SignatureCheck): SignatureResult {
  if (!keyFits(scheme, key)) return 'mismatch'
  try {
    return verifyWith(scheme, key, signed, signature) ? 'valid' : 'invalid'
  } catch {
    return 'invalid'
  }
}

function keyFits (scheme: SignatureScheme, key: KeyObject): boolean {
  const type = key.asymmetricKeyType
  switch (scheme.kind) {
    case 'rsa': return type === 'rsa'
    case 'rsa-pss': return type === 'rsa' || (type === 'rsa-pss' && pssKeyFits(scheme, key))
    case 'ecdsa': return type === 'ec'
    case 'ed25519':
    case 'ed448': return type === scheme.kind
  }
}

function pssKeyFits (scheme: Extract<SignatureScheme, { kind: 'rsa-pss' }>, key: KeyObject): boolean {
  const { hashAlgorithm, mgf1HashAlgorithm, saltLength } = key.asymmetricKeyDetails ?? {}
  if (hashAlgorithm === undefined) return true
  return hashAlgorithm === scheme.hash && mgf1HashAlgorithm === scheme.hash && (saltLength ?? 0) <= scheme.saltLength
}

// A key as it is means PKCS#1 for RSA and DER for ECDSA. node:crypto takes half as long again to find out that a bag of
// options is no key, so there is one only where it has something to say.
function verifyWith (scheme: SignatureScheme, key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  switch (scheme.kind) {
    case 'rsa':
    case 'ecdsa': return verify(scheme.hash, signed, key, signature)
    case 'rsa-pss': return verify(scheme.hash, signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength }, signature)
    case 'ed25519':
    case 'ed448': return verify(null, signed, key, signature)
  }
}
