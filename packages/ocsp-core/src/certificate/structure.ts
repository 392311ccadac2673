import { DerCursor } from '../der/cursor.ts'
import { contentOf, derOf } from '../der/element.ts'
import { type Extensions, readExtensions } from '../der/extensions.ts'
import { readSigned, type Signed } from '../der/signed.ts'
import { readOctetsOfBitString } from '../der/strings.ts'
import { contextConstructed, contextPrimitive, tags } from '../der/tags.ts'
import { readCertificateTime } from '../der/time.ts'
import { checkWellFormed } from '../der/well-formed.ts'

/** The fields of a Certificate as they stand. [RFC 5280 4.1] */
export interface CertificateStructure extends Signed {
  readonly serialNumber: Buffer
  readonly issuerDer: Buffer
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly subjectDer: Buffer
  readonly publicKeyDer: Buffer
  readonly publicKeyBits: Buffer
  readonly extensions: Extensions
  /** The algorithm as tbsCertificate names it. */
  readonly innerAlgorithmDer: Buffer
}

/** Throws DerFault. Signature and meaning are not looked at. */
export function readCertificateStructure (der: Buffer): CertificateStructure {
  checkWellFormed(der)
  const outer = DerCursor.into(DerCursor.whole(der, tags.sequence, 'certificate'))
  const { tbs, ...signed } = readSigned(outer, 'tbsCertificate')
  outer.finish('certificate')
  return { ...readTbs(DerCursor.into(tbs)), ...signed }
}

function readTbs (tbs: DerCursor): Omit<CertificateStructure, keyof Signed> {
  tbs.readExplicit(contextConstructed(0), tags.integer, 'version')
  const serialNumber = contentOf(tbs.read(tags.integer, 'serialNumber'))
  const innerAlgorithmDer = derOf(tbs.read(tags.sequence, 'signature'))
  const issuerDer = derOf(tbs.read(tags.sequence, 'issuer'))
  const validity = DerCursor.into(tbs.read(tags.sequence, 'validity'))
  const notBeforeMs = readCertificateTime(validity.readAny())
  const notAfterMs = readCertificateTime(validity.readAny())
  validity.finish('validity')
  const subjectDer = derOf(tbs.read(tags.sequence, 'subject'))
  const publicKeyInfo = tbs.read(tags.sequence, 'subjectPublicKeyInfo')
  const publicKey = DerCursor.into(publicKeyInfo)
  publicKey.read(tags.sequence, 'public key algorithm')
  const publicKeyBits = readOctetsOfBitString(publicKey.read(tags.bitString, 'subjectPublicKey'))
  publicKey.finish('subjectPublicKeyInfo')
  tbs.readOptional(contextPrimitive(1))
  tbs.readOptional(contextPrimitive(2))
  const wrapped = tbs.readExplicit(contextConstructed(3), tags.sequence, 'extensions')
  tbs.finish('tbsCertificate')
  const extensions: Extensions = wrapped === undefined ? new Map() : readExtensions(wrapped, 'tolerate')
  return { serialNumber, innerAlgorithmDer, issuerDer, notBeforeMs, notAfterMs, subjectDer, publicKeyDer: derOf(publicKeyInfo), publicKeyBits, extensions }
}
