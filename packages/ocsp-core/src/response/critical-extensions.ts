import type { Extensions } from '../der/extensions.ts'
import { oids } from '../oids.ts'
import type { BasicResponse } from './basic-response.ts'
import { Fault } from './fault.ts'
import type { SingleResponse } from './single-response.ts'

const understood: ReadonlySet<string> = new Set([
  oids.ocspNonce, oids.ocspCrlId, oids.ocspArchiveCutoff, oids.ocspServiceLocator, oids.ocspExtendedRevoke, oids.crlReason, oids.invalidityDate
])

/** A critical extension nobody here understands, in the response or in an entry for our certificate. [RFC 6960 4.4] */
export function criticalExtensionFault (basic: BasicResponse, matching: readonly SingleResponse[]): Fault | undefined {
  const strange = [basic.extensions, ...matching.map(({ extensions }) => extensions)].flatMap(strangeIn)[0]
  return strange === undefined ? undefined : new Fault('OCSP_ERR_CRITICAL_EXTENSION', `the response has the critical extension ${strange}`)
}

const strangeIn = (extensions: Extensions): string[] =>
  [...extensions.values()].filter(({ critical, oid }) => critical && !understood.has(oid)).map(({ oid }) => oid)
