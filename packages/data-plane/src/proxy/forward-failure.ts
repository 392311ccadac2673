/** Why an attempt brought no response, or not all of one. */
export interface ForwardFailure {
  readonly source: 'downstream' | 'upstream' | 'internal'
  /** What is counted for the attempt, and sent to the client if no other follows. */
  readonly status: number
  /** Another node may do better. */
  readonly retryable: boolean
  readonly cause: Error
}

/** Judges what undici reports (data-plane.md 5.6, 5.8). */
export function judgeFailure (cause: Error): ForwardFailure {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const known = Object.hasOwn(failures, code) ? failures[code] : undefined
  if (known !== undefined) return { ...known, cause }
  if (code.startsWith('HPE_') || cause.name === 'HTTPParserError') return { ...malformed, cause }
  return { source: 'upstream', status: 502, retryable: true, cause } // refused, reset, no such name, TLS failed
}

/** The upstream took nothing of the body for as long as it may. */
export class SendTimeoutError extends Error {
  override readonly name = 'SendTimeoutError'
  readonly code = 'PROXY_ERR_SEND_TIMEOUT'
  constructor () { super('the upstream did not take the request in time') }
}

/** The upstream sent nothing for as long as it may. */
export class UpstreamReadTimeoutError extends Error {
  override readonly name = 'UpstreamReadTimeoutError'
  readonly code = 'PROXY_ERR_READ_TIMEOUT'
  constructor () { super('the upstream did not answer in time') }
}

/** The upstream reset the stream before its end. */
export class StreamResetError extends Error {
  override readonly name = 'StreamResetError'
  readonly code = 'PROXY_ERR_STREAM_RESET'
  /** RFC 9113 section 7. */
  readonly http2Code: number
  constructor (http2Code: number) {
    super(`the upstream reset the stream with code ${http2Code}`)
    this.http2Code = http2Code
  }
}

/** The client sends more than it may. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'
  readonly code = 'PROXY_ERR_BODY_TOO_LARGE'
  constructor () { super('the request body is longer than the limit') }
}

/** The client sent nothing of its body for as long as it may. */
export class BodyTimeoutError extends Error {
  override readonly name = 'BodyTimeoutError'
  readonly code = 'PROXY_ERR_BODY_TIMEOUT'
  constructor () { super('the client did not send the request body in time') }
}

type Judgement = Omit<ForwardFailure, 'cause'>

const timedOut: Judgement = { source: 'upstream', status: 504, retryable: true }
const malformed: Judgement = { source: 'upstream', status: 502, retryable: false }
const unsendable: Judgement = { source: 'internal', status: 500, retryable: false }
const tooLarge: Judgement = { source: 'internal', status: 413, retryable: false }
const tooSlow: Judgement = { source: 'internal', status: 408, retryable: false }
const cutOff: Judgement = { source: 'downstream', status: 499, retryable: false }

const failures: Readonly<Record<string, Judgement>> = {
  UND_ERR_CONNECT_TIMEOUT: timedOut,
  UND_ERR_HEADERS_TIMEOUT: timedOut,
  UND_ERR_BODY_TIMEOUT: timedOut,
  ETIMEDOUT: timedOut,
  PROXY_ERR_SEND_TIMEOUT: timedOut,
  PROXY_ERR_READ_TIMEOUT: timedOut,
  PROXY_ERR_BODY_TOO_LARGE: tooLarge,
  PROXY_ERR_BODY_TIMEOUT: tooSlow,
  UND_ERR_HEADERS_OVERFLOW: malformed,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: malformed,
  UND_ERR_INVALID_ARG: unsendable,
  UND_ERR_NOT_SUPPORTED: unsendable,
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: cutOff,
  UND_ERR_ABORTED: cutOff
}
