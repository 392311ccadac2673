import { DerFault } from '../der/fault.ts'
import { Fault } from './fault.ts'
import { type OcspResponse, readOcspResponse } from './ocsp-response.ts'
import { defaultMaxResponseBytes } from './policy.ts'

/** Size, then strict DER. The detail of `OCSP_ERR_MALFORMED` names the offset. */
export function readWithinLimit (der: Uint8Array, maxBytes: number = defaultMaxResponseBytes): OcspResponse | Fault {
  if (der.length > maxBytes) return new Fault('OCSP_ERR_TOO_LARGE', `${der.length} octets, at most ${maxBytes} are allowed`)
  try {
    return readOcspResponse(Buffer.from(der.buffer, der.byteOffset, der.byteLength))
  } catch (error) {
    if (error instanceof DerFault) return new Fault('OCSP_ERR_MALFORMED', error.message, undefined, error.offset)
    throw error
  }
}
