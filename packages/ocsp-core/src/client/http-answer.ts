import { type AskFailure, failed } from './failure.ts'
import { type HttpHeaders, retryAfterMs } from './http-hints.ts'

export interface HeadRules {
  /** Undefined: any. */
  readonly contentType: string | undefined
  readonly maxBytes: number
}

/** What the head of an answer already rules out: anything but 200, the wrong type, a coding, too much to come. */
export function headFailure (statusCode: number, headers: HttpHeaders, { contentType, maxBytes }: HeadRules, nowMs: number): AskFailure | undefined {
  if (statusCode !== 200) {
    const waitMs = statusCode === 429 || statusCode === 503 ? retryAfterMs(headers, nowMs) : undefined
    return failed('OCSP_ERR_HTTP_STATUS', `bad http status code: ${statusCode}`, waitMs)
  }
  const coding = single(headers['content-encoding']) ?? 'identity'
  if (coding.trim().toLowerCase() !== 'identity') return failed('OCSP_ERR_CONTENT_ENCODING')
  const type = single(headers['content-type'])?.split(';', 1)[0]?.trim().toLowerCase()
  if (contentType !== undefined && type !== contentType) return failed('OCSP_ERR_CONTENT_TYPE')
  const length = Number(single(headers['content-length']) ?? 0)
  return length > maxBytes ? failed('OCSP_ERR_TOO_LARGE', `${length} octets announced, at most ${maxBytes} are allowed`) : undefined
}

// A header that comes twice says nothing.
const single = (value: string | string[] | undefined): string | undefined => Array.isArray(value) ? value.join(',') : value
