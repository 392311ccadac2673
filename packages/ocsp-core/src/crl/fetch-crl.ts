import type { AskAnswer } from '../client/exchange.ts'
import type { AskFailure } from '../client/failure.ts'
import type { OcspErrorCode } from '../errors.ts'
import type { CrlErrorCode } from './errors.ts'
import { crlDersOf } from './pem.ts'
import { type CrlReading, readCrl, type ReadCrlOptions } from './read-crl.ts'

export interface FetchCrlOptions extends Omit<ReadCrlOptions, 'der'> {
  /** Gets what stands at the distribution point. */
  readonly download: () => Promise<AskAnswer | AskFailure>
}

export interface FetchedCrl {
  /** With the octets that were read. */
  readonly reading: CrlReading & { readonly der?: Buffer }
  /** max-age of the HTTP answer less its Age; a hint for scheduling. */
  readonly httpMaxAgeMs?: number | undefined
  /** From Retry-After; not yet bounded. */
  readonly retryAfterMs?: number | undefined
}

/** A CRL from its distribution point, verified but for its times; DER as it should be, or one in PEM. [RFC 5280 4.2.1.13] */
export async function fetchCrl ({ download, ...options }: FetchCrlOptions): Promise<FetchedCrl> {
  const answer = await download()
  if (answer.kind === 'failed') return { reading: { kind: 'failed', code: codes[answer.code] ?? 'CRL_ERR_UNREACHABLE', detail: answer.detail }, retryAfterMs: answer.retryAfterMs }
  const [der = answer.der] = crlDersOf(answer.der)
  const reading = readCrl({ ...options, der })
  return { reading: reading.kind === 'crl' ? { ...reading, der } : reading, httpMaxAgeMs: answer.maxAgeMs === undefined ? undefined : answer.maxAgeMs - (answer.ageMs ?? 0) }
}

// DNS, connection and TLS are one to whoever waits for a CRL; the detail says which it was.
const codes: Partial<Record<OcspErrorCode, CrlErrorCode>> = {
  OCSP_ERR_URL_REFUSED: 'CRL_ERR_URL_REFUSED',
  OCSP_ERR_TOO_LARGE: 'CRL_ERR_TOO_LARGE',
  OCSP_ERR_RESPONDER_TIMEOUT: 'CRL_ERR_TIMEOUT',
  OCSP_ERR_RESPONDER_SUSPENDED: 'CRL_ERR_SUSPENDED',
  OCSP_ERR_HTTP_STATUS: 'CRL_ERR_HTTP',
  OCSP_ERR_CONTENT_ENCODING: 'CRL_ERR_HTTP',
  OCSP_ERR_BODY_INCOMPLETE: 'CRL_ERR_HTTP'
}
