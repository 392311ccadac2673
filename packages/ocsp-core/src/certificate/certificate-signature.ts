import { type KeyObject, X509Certificate } from 'node:crypto'
import { signatureScheme } from '../signature/scheme.ts'
import { verifySignature } from '../signature/verify-signature.ts'
import type { CertificateStructure } from './structure.ts'

/**
 * Whether `key` verifies the signature of a certificate. SHA-1 counts: who signed is one question, whether that is to be
 * trusted another. What we have no scheme for is left to OpenSSL, which takes a third longer, since it has to read the
 * certificate first. May throw for what OpenSSL does not read. [RFC 5280 4.1.1.2, 4.1.1.3]
 */
export function isSignedWith (structure: CertificateStructure, der: Buffer, key: KeyObject): boolean {
  if (!structure.innerAlgorithmDer.equals(structure.outerAlgorithmDer)) return false
  const scheme = signatureScheme(structure.signatureAlgorithm, true)
  if (scheme === undefined) return new X509Certificate(der).verify(key)
  return verifySignature({ scheme, key, signed: structure.tbsDer, signature: structure.signature }) === 'valid'
}
