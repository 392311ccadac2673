import { ocspErrors, type OcspErrorCode } from '../errors.ts'

/** Why there is no answer. `detail` is for logs: `connection refused`, `timeout`, `bad http status code: 404`. */
export interface AskFailure {
  readonly kind: 'failed'
  readonly code: OcspErrorCode
  readonly detail: string
  /** From Retry-After; not yet bounded. */
  readonly retryAfterMs?: number
}

export function failed (code: OcspErrorCode, detail: string = ocspErrors[code], retryAfterMs?: number): AskFailure {
  return retryAfterMs === undefined ? { kind: 'failed', code, detail } : { kind: 'failed', code, detail, retryAfterMs }
}
