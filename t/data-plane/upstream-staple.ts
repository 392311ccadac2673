import { buildResponse } from '../support/ocsp-response.ts'
import type { Authority, Issued } from '../support/pki.ts'

export interface StapleOptions {
  readonly status?: 'good' | 'revoked' | 'unknown'
  readonly thisUpdateMs?: number
  readonly nextUpdateMs?: number
}

/** What an upstream staples: an answer that its issuer signed, from a minute ago for an hour unless told otherwise. */
export function createOcspDer ({ certificate }: Issued, issuer: Authority, { status = 'good', thisUpdateMs = Date.now() - 60_000, nextUpdateMs = Date.now() + 3_600_000 }: StapleOptions = {}): Buffer {
  return buildResponse({
    entries: [{ certificate, issuer: issuer.certificate, status, thisUpdate: thisUpdateMs, nextUpdate: nextUpdateMs }],
    signer: issuer,
    producedAt: thisUpdateMs
  })
}
