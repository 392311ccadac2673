import { DerCursor } from '../der/cursor.ts'
import { type DerElement, derOf } from '../der/element.ts'
import { type Extensions, readExtensions } from '../der/extensions.ts'
import { DerFault } from '../der/fault.ts'
import { readSmallInteger } from '../der/integer.ts'
import { readSigned, type Signed } from '../der/signed.ts'
import { contextConstructed, tags } from '../der/tags.ts'
import { readCertificateTime } from '../der/time.ts'
import { checkWellFormed } from '../der/well-formed.ts'

/** A CertificateList as it stands, but for its entries, which are not looked into. [RFC 5280 5.1] */
export interface CrlFrame extends Signed {
  /** The Name. */
  readonly issuerDer: Buffer
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number | undefined
  /** revokedCertificates. */
  readonly entries: DerElement | undefined
  readonly extensions: Extensions
  /** The algorithm as tbsCertList names it. */
  readonly innerAlgorithmDer: Buffer
}

const version2 = 1

/** Throws DerFault. What it costs does not depend on how many entries there are. */
export function readCrlFrame (der: Buffer): CrlFrame {
  const outer = DerCursor.into(DerCursor.whole(der, tags.sequence, 'CertificateList'))
  const { tbs, ...signed } = readSigned(outer, 'tbsCertList')
  outer.finish('CertificateList')
  return { ...readTbs(DerCursor.into(tbs)), ...signed }
}

function readTbs (tbs: DerCursor): Omit<CrlFrame, keyof Signed> {
  const version = tbs.readOptional(tags.integer)
  if (version !== undefined && readSmallInteger(version) !== version2) throw new DerFault('version is neither 1 nor 2', version.offset)
  const innerAlgorithmDer = derOf(readSound(tbs, tags.sequence, 'signature'))
  const issuerDer = derOf(readSound(tbs, tags.sequence, 'issuer'))
  const thisUpdateMs = readCertificateTime(tbs.readAny())
  const nextUpdate = tbs.readOptional(tags.utcTime) ?? tbs.readOptional(tags.generalizedTime)
  const entries = tbs.readOptional(tags.sequence)
  const wrapped = tbs.readExplicit(contextConstructed(0), tags.sequence, 'crlExtensions')
  tbs.finish('tbsCertList')
  if (wrapped !== undefined && version === undefined) throw new DerFault('extensions in version 1', wrapped.offset)
  return {
    innerAlgorithmDer,
    issuerDer,
    thisUpdateMs,
    nextUpdateMs: nextUpdate && readCertificateTime(nextUpdate),
    entries,
    extensions: wrapped === undefined ? new Map() : readExtensions(wrapped, 'tolerate')
  }
}

function readSound (cursor: DerCursor, tag: number, what: string): DerElement {
  const element = cursor.read(tag, what)
  checkWellFormed(element.octets, element.offset, element.end)
  return element
}
