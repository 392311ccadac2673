import { readAlgorithmIdentifier } from '../der/algorithm-identifier.ts'
import { DerCursor } from '../der/cursor.ts'
import { contentOf, type DerElement } from '../der/element.ts'
import { type Extensions, readExtensions } from '../der/extensions.ts'
import { DerFault } from '../der/fault.ts'
import { readInteger, readSmallInteger } from '../der/integer.ts'
import { contextConstructed, contextPrimitive, tags } from '../der/tags.ts'
import { readGeneralizedTime } from '../der/time.ts'

/** One SingleResponse. [RFC 6960 4.2.1] */
export interface SingleResponse {
  readonly certId: CertId
  readonly status: CertStatus
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number | undefined
  readonly extensions: Extensions
}

export interface CertId {
  readonly hashOid: string
  readonly issuerNameHash: Buffer
  readonly issuerKeyHash: Buffer
  readonly serialNumber: Buffer
}

export type CertStatus =
  | { readonly kind: 'good' | 'unknown' }
  | { readonly kind: 'revoked', readonly revokedAtMs: number, readonly reasonNumber: number | undefined }

/** Throws DerFault. A certStatus that is not understood is malformed, never good. */
export function readSingleResponse (element: DerElement): SingleResponse {
  const single = DerCursor.into(element)
  const certId = readCertId(single.read(tags.sequence, 'certID'))
  const status = readCertStatus(single.readAny())
  const thisUpdateMs = readGeneralizedTime(single.read(tags.generalizedTime, 'thisUpdate'))
  const nextUpdate = single.readExplicit(contextConstructed(0), tags.generalizedTime, 'nextUpdate')
  const wrapped = single.readExplicit(contextConstructed(1), tags.sequence, 'singleExtensions')
  single.finish('SingleResponse')
  return {
    certId,
    status,
    thisUpdateMs,
    nextUpdateMs: nextUpdate && readGeneralizedTime(nextUpdate),
    extensions: wrapped === undefined ? new Map() : readExtensions(wrapped, 'refuse')
  }
}

function readCertId (element: DerElement): CertId {
  const members = DerCursor.into(element)
  const { oid: hashOid } = readAlgorithmIdentifier(members.read(tags.sequence, 'hashAlgorithm'))
  const issuerNameHash = contentOf(members.read(tags.octetString, 'issuerNameHash'))
  const issuerKeyHash = contentOf(members.read(tags.octetString, 'issuerKeyHash'))
  const serialNumber = readInteger(members.read(tags.integer, 'serialNumber'))
  members.finish('certID')
  return { hashOid, issuerNameHash, issuerKeyHash, serialNumber }
}

function readCertStatus (element: DerElement): CertStatus {
  if (element.tag === contextConstructed(1)) return readRevokedInfo(element)
  const isGood = element.tag === contextPrimitive(0)
  if (!isGood && element.tag !== contextPrimitive(2)) throw new DerFault('certStatus is not understood', element.offset)
  if (contentOf(element).length !== 0) throw new DerFault('certStatus with content', element.offset)
  return { kind: isGood ? 'good' : 'unknown' }
}

function readRevokedInfo (element: DerElement): CertStatus {
  const info = DerCursor.into(element)
  const revokedAtMs = readGeneralizedTime(info.read(tags.generalizedTime, 'revocationTime'))
  const reason = info.readExplicit(contextConstructed(0), tags.enumerated, 'revocationReason')
  info.finish('revokedInfo')
  return { kind: 'revoked', revokedAtMs, reasonNumber: reason && readSmallInteger(reason) }
}
