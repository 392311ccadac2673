import type { CrlErrorCode } from '../crl/errors.ts'
import type { OcspErrorCode } from '../errors.ts'

export interface RetryOptions {
  /** Failures in a row, this one included. */
  readonly failures: number
  readonly code: OcspErrorCode | CrlErrorCode
  /** In [0, 1). */
  readonly random: number
  /** The usable end of what is held, epoch milliseconds; undefined when nothing is. */
  readonly heldUntilMs?: number | undefined
  readonly nowMs: number
  readonly retryAfterMs?: number | undefined
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const maxExponent = 15

// The same octets will not get a better answer soon.
const stubborn: ReadonlySet<OcspErrorCode | CrlErrorCode> = new Set([
  'OCSP_ERR_STATUS_MALFORMED_REQUEST', 'OCSP_ERR_STATUS_SIG_REQUIRED', 'OCSP_ERR_STATUS_UNAUTHORIZED'
])

/**
 * How long to wait after a failure, milliseconds: doubling from 30 s to 1 h, from 1 h to 24 h for answers that will not
 * change soon, jittered downwards. As the end of a held staple comes near, the wait shrinks. Retry-After lengthens it
 * within bounds.
 */
export function retryDelay ({ failures, code, random, heldUntilMs, nowMs, retryAfterMs = 0 }: RetryOptions): number {
  const leftMs = heldUntilMs !== undefined && heldUntilMs > nowMs ? heldUntilMs - nowMs : undefined
  const [baseMs, usualCapMs] = stubborn.has(code) ? [hourMs, 24 * hourMs] : [minuteMs / 2, hourMs]
  const capMs = leftMs === undefined ? usualCapMs : Math.min(usualCapMs, Math.max(minuteMs, leftMs / 8))
  const exponent = Math.min(Math.max(failures, 1) - 1, maxExponent)
  const backoffMs = Math.min(capMs, baseMs * 2 ** exponent) * (0.5 + random / 2)
  return Math.max(backoffMs, Math.min(retryAfterMs, leftMs === undefined ? hourMs : leftMs / 4))
}
