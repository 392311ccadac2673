import type { Certificate } from '../certificate/certificate.ts'
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from '../der/algorithm-identifier.ts'
import { DerCursor } from '../der/cursor.ts'
import { derOf } from '../der/element.ts'
import { readPositiveBits } from '../der/integer.ts'
import { readOid } from '../der/oid.ts'
import { tags } from '../der/tags.ts'

const minRsaBits = 2048
const rsaTypes: ReadonlySet<string> = new Set(['1.2.840.113549.1.1.1', '1.2.840.113549.1.1.10'])
const edwardsTypes: ReadonlySet<string> = new Set(['1.3.101.112', '1.3.101.113'])
const ecType = '1.2.840.10045.2.1'
const strongCurves: ReadonlySet<string> = new Set([
  '1.2.840.10045.3.1.7', '1.3.132.0.34', '1.3.132.0.35', '1.3.132.0.10', // P-256, P-384, P-521, secp256k1
  '1.3.36.3.3.2.8.1.1.7', '1.3.36.3.3.2.8.1.1.11', '1.3.36.3.3.2.8.1.1.13' // brainpool P256r1, P384r1, P512r1
])

/**
 * RSA of 2048 bits and more, named curves of 256 bits and more, Ed25519, Ed448. Read from the SubjectPublicKeyInfo itself:
 * node:crypto takes a third of a signature check to say as much of a fresh key. A curve that is spelt out instead of named
 * is not strong. [RFC 5480 2.1.1]
 */
export function hasStrongKey ({ publicKeyDer, publicKeyBits }: Pick<Certificate, 'publicKeyDer' | 'publicKeyBits'>): boolean {
  try {
    const info = DerCursor.into(DerCursor.whole(publicKeyDer, tags.sequence, 'subjectPublicKeyInfo'))
    const algorithm = readAlgorithmIdentifier(info.read(tags.sequence, 'public key algorithm'))
    if (rsaTypes.has(algorithm.oid)) return modulusBits(publicKeyBits) >= minRsaBits
    return algorithm.oid === ecType ? strongCurves.has(curveOf(algorithm)) : edwardsTypes.has(algorithm.oid)
  } catch {
    return false
  }
}

const curveOf = ({ parameters }: AlgorithmIdentifier): string =>
  parameters === undefined ? '' : readOid(DerCursor.whole(derOf(parameters), tags.oid, 'namedCurve'))

const modulusBits = (publicKeyBits: Buffer): number =>
  readPositiveBits(DerCursor.into(DerCursor.whole(publicKeyBits, tags.sequence, 'RSAPublicKey')).read(tags.integer, 'modulus'))
