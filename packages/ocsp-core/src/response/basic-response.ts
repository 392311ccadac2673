import { DerCursor } from '../der/cursor.ts'
import { contentOf, type DerElement, derOf } from '../der/element.ts'
import { type Extensions, readExtensions } from '../der/extensions.ts'
import { DerFault } from '../der/fault.ts'
import { readInteger } from '../der/integer.ts'
import { readSigned, type Signed } from '../der/signed.ts'
import { contextConstructed, tags } from '../der/tags.ts'
import { readGeneralizedTime } from '../der/time.ts'
import { checkWellFormed } from '../der/well-formed.ts'
import { readSingleResponse, type SingleResponse } from './single-response.ts'

/** A BasicOCSPResponse. [RFC 6960 4.2.1] */
export interface BasicResponse extends Signed {
  readonly responderId: ResponderId
  readonly producedAtMs: number
  readonly entries: readonly SingleResponse[]
  readonly extensions: Extensions
  /** Embedded certificates, not yet parsed: what is no certificate is no candidate either. */
  readonly certificateDers: readonly Buffer[]
}

export type ResponderId =
  | { readonly kind: 'byName', readonly nameDer: Buffer }
  | { readonly kind: 'byKey', readonly keyHash: Buffer }

const maxEntries = 64
const maxCertificates = 8

/** Reads what the OCTET STRING `wrapper` holds. Throws DerFault. */
export function readBasicResponse (wrapper: DerElement): BasicResponse {
  checkWellFormed(wrapper.octets, wrapper.contentOffset, wrapper.end)
  const basic = DerCursor.into(DerCursor.into(wrapper).read(tags.sequence, 'BasicOCSPResponse'))
  const { tbs, ...signed } = readSigned(basic, 'tbsResponseData')
  const certificates = basic.readExplicit(contextConstructed(0), tags.sequence, 'certs')
  basic.finish('BasicOCSPResponse')
  const certificateDers = certificates === undefined ? [] : listOf(certificates, 'certificate', maxCertificates).map(derOf)
  return { ...readResponseData(DerCursor.into(tbs)), ...signed, certificateDers }
}

function readResponseData (data: DerCursor): Pick<BasicResponse, 'responderId' | 'producedAtMs' | 'entries' | 'extensions'> {
  const version = data.readExplicit(contextConstructed(0), tags.integer, 'version')
  if (version !== undefined && readInteger(version).some(octet => octet !== 0)) throw new DerFault('version is not 1', version.offset)
  const responderId = readResponderId(data.readAny())
  const producedAtMs = readGeneralizedTime(data.read(tags.generalizedTime, 'producedAt'))
  const responses = data.read(tags.sequence, 'responses')
  const wrapped = data.readExplicit(contextConstructed(1), tags.sequence, 'responseExtensions')
  data.finish('tbsResponseData')
  const entries = listOf(responses, 'response', maxEntries).map(readSingleResponse)
  if (entries.length === 0) throw new DerFault('empty responses', responses.offset)
  return { responderId, producedAtMs, entries, extensions: wrapped === undefined ? new Map() : readExtensions(wrapped, 'refuse') }
}

function readResponderId (element: DerElement): ResponderId {
  const choice = DerCursor.into(element)
  const byName = element.tag === contextConstructed(1)
  if (!byName && element.tag !== contextConstructed(2)) throw new DerFault('responderID expected', element.offset)
  const inner = choice.read(byName ? tags.sequence : tags.octetString, 'responderID')
  choice.finish('responderID')
  return byName ? { kind: 'byName', nameDer: derOf(inner) } : { kind: 'byKey', keyHash: contentOf(inner) }
}

function listOf (sequence: DerElement, what: string, max: number): DerElement[] {
  const cursor = DerCursor.into(sequence)
  const elements: DerElement[] = []
  while (!cursor.atEnd) {
    if (elements.length === max) throw new DerFault(`more than ${max} of ${what}`, cursor.offset)
    elements.push(cursor.read(tags.sequence, what))
  }
  return elements
}
