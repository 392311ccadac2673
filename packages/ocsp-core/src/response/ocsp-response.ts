import { DerCursor } from '../der/cursor.ts'
import { DerFault } from '../der/fault.ts'
import { readSmallInteger } from '../der/integer.ts'
import { readOid } from '../der/oid.ts'
import { contextConstructed, tags } from '../der/tags.ts'
import { checkWellFormed } from '../der/well-formed.ts'
import type { OcspErrorCode } from '../errors.ts'
import { oids } from '../oids.ts'
import { type BasicResponse, readBasicResponse } from './basic-response.ts'

/** An OCSPResponse: either a BasicOCSPResponse or an unsigned refusal. [RFC 6960 4.2.1] */
export type OcspResponse =
  | { readonly kind: 'successful', readonly basic: BasicResponse }
  | { readonly kind: 'refused', readonly code: OcspErrorCode }

const refusals: ReadonlyMap<number, OcspErrorCode> = new Map([
  [1, 'OCSP_ERR_STATUS_MALFORMED_REQUEST'],
  [2, 'OCSP_ERR_STATUS_INTERNAL_ERROR'],
  [3, 'OCSP_ERR_STATUS_TRY_LATER'],
  [5, 'OCSP_ERR_STATUS_SIG_REQUIRED'],
  [6, 'OCSP_ERR_STATUS_UNAUTHORIZED']
])

/** Throws DerFault. responseBytes beside a refusal are not looked into. */
export function readOcspResponse (der: Buffer): OcspResponse {
  checkWellFormed(der)
  const response = DerCursor.into(DerCursor.whole(der, tags.sequence, 'OCSPResponse'))
  const statusElement = response.read(tags.enumerated, 'responseStatus')
  const status = readSmallInteger(statusElement)
  const bytes = response.readExplicit(contextConstructed(0), tags.sequence, 'responseBytes')
  response.finish('OCSPResponse')
  const code = refusals.get(status)
  if (code !== undefined) return { kind: 'refused', code }
  if (status !== 0) throw new DerFault('undefined responseStatus', statusElement.offset)
  if (bytes === undefined) throw new DerFault('responseBytes expected', response.offset)

  const members = DerCursor.into(bytes)
  const type = members.read(tags.oid, 'responseType')
  if (readOid(type) !== oids.ocspBasic) throw new DerFault('responseType is not basic', type.offset)
  const wrapper = members.read(tags.octetString, 'response')
  members.finish('responseBytes')
  return { kind: 'successful', basic: readBasicResponse(wrapper) }
}
