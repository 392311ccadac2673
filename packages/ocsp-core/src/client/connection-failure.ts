import type { OcspErrorCode } from '../errors.ts'
import { type AskFailure, failed } from './failure.ts'

const byCode: ReadonlyMap<string, readonly [OcspErrorCode, string]> = new Map([
  ['ECONNREFUSED', ['OCSP_ERR_RESPONDER_CONNECT', 'connection refused']],
  ['ECONNRESET', ['OCSP_ERR_RESPONDER_CONNECT', 'connection reset by peer']],
  ['EPIPE', ['OCSP_ERR_RESPONDER_CONNECT', 'connection reset by peer']],
  ['UND_ERR_SOCKET', ['OCSP_ERR_RESPONDER_CONNECT', 'connection closed by peer']],
  ['EHOSTUNREACH', ['OCSP_ERR_RESPONDER_CONNECT', 'no route to host']],
  ['ENETUNREACH', ['OCSP_ERR_RESPONDER_CONNECT', 'network is unreachable']],
  ['ETIMEDOUT', ['OCSP_ERR_RESPONDER_TIMEOUT', 'timeout']],
  ['UND_ERR_CONNECT_TIMEOUT', ['OCSP_ERR_RESPONDER_TIMEOUT', 'timeout']],
  ['UND_ERR_HEADERS_OVERFLOW', ['OCSP_ERR_TOO_LARGE', 'the header of the answer is too large']],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', ['OCSP_ERR_BODY_INCOMPLETE', 'the body is cut off']],
  ['EPROTO', ['OCSP_ERR_RESPONDER_TLS', 'TLS handshake failed']]
])

const tlsCode = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|ERROR_IN_CERT|CRL_)/

/** What became of the connection before the head of an answer was there. */
export function connectionFailure (error: unknown): AskFailure {
  for (const { code, name, message } of causesOf(error)) {
    const known = byCode.get(code)
    if (known !== undefined) return failed(...known)
    if (tlsCode.test(code)) return failed('OCSP_ERR_RESPONDER_TLS', `TLS handshake failed: ${code}`)
    if (name === 'HTTPParserError') return failed('OCSP_ERR_HTTP_STATUS', `bad http response: ${message}`)
  }
  return failed('OCSP_ERR_RESPONDER_CONNECT', error instanceof Error ? error.message : undefined)
}

// The causes first: what wraps them says less.
function causesOf (error: unknown, depth = 0): { code: string, name: string, message: string }[] {
  if (!(error instanceof Error) || depth > 4) return []
  const inner = error instanceof AggregateError ? error.errors : [error.cause]
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return [...inner.flatMap(cause => causesOf(cause, depth + 1)), { code, name: error.name, message: error.message }]
}
