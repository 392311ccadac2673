import type { AlgorithmIdentifier } from '../der/algorithm-identifier.ts'
import { readPssScheme } from './pss.ts'

export type SignatureHash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** What to do to verify a signature. */
export type SignatureScheme =
  | { readonly kind: 'rsa', readonly hash: SignatureHash }
  | { readonly kind: 'rsa-pss', readonly hash: SignatureHash, readonly saltLength: number }
  | { readonly kind: 'ecdsa', readonly hash: SignatureHash }
  | { readonly kind: 'ed25519' | 'ed448' }

const schemes: ReadonlyMap<string, SignatureScheme> = new Map([
  ['1.2.840.113549.1.1.5', { kind: 'rsa', hash: 'sha1' }],
  ['1.2.840.113549.1.1.11', { kind: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { kind: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { kind: 'rsa', hash: 'sha512' }],
  ['1.2.840.10045.4.1', { kind: 'ecdsa', hash: 'sha1' }],
  ['1.2.840.10045.4.3.2', { kind: 'ecdsa', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { kind: 'ecdsa', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { kind: 'ecdsa', hash: 'sha512' }],
  ['1.3.101.112', { kind: 'ed25519' }],
  ['1.3.101.113', { kind: 'ed448' }]
] satisfies [string, SignatureScheme][])

const rsaPss = '1.2.840.113549.1.1.10'

/**
 * The scheme an AlgorithmIdentifier names, or undefined if it is not allowed: MD5, SHA-1 (unless allowed), SHA-224,
 * DSA, PSS with parts that do not belong together, parameters that do not fit the algorithm.
 */
export function signatureScheme (algorithm: AlgorithmIdentifier, allowSha1: boolean): SignatureScheme | undefined {
  const scheme = algorithm.oid === rsaPss ? readPssScheme(algorithm) : schemes.get(algorithm.oid)
  if (scheme === undefined) return undefined
  if ('hash' in scheme && scheme.hash === 'sha1' && !allowSha1) return undefined
  return parametersFit(scheme, algorithm) ? scheme : undefined
}

// RSA takes NULL and, of old, nothing [RFC 4055 5]; ECDSA and EdDSA take nothing [RFC 5758 3.2, RFC 8410 3].
function parametersFit (scheme: SignatureScheme, { parametersAre }: AlgorithmIdentifier): boolean {
  switch (scheme.kind) {
    case 'rsa-pss': return parametersAre === 'present'
    case 'rsa': return parametersAre !== 'present'
    case 'ecdsa':
    case 'ed25519':
    case 'ed448': return parametersAre === 'absent'
  }
}
