import type { OcspErrorCode } from '../errors.ts'

/** A circuit breaker of one responder origin, as a value: each function takes one and gives the next. */
export interface Breaker {
  readonly failures: number
  /** How often it has opened since it was last closed. */
  readonly openings: number
  /** Nobody asks before this instant, epoch milliseconds; 0 while closed. */
  readonly closedToAllUntilMs: number
  /** Whether a probe is under way. */
  readonly probing: boolean
}

const threshold = 5
const firstPauseMs = 30_000
const maxPauseMs = 600_000
const maxDoublings = 10

const transportFailures: ReadonlySet<OcspErrorCode> = new Set([
  'OCSP_ERR_RESPONDER_DNS', 'OCSP_ERR_RESPONDER_CONNECT', 'OCSP_ERR_RESPONDER_TLS', 'OCSP_ERR_RESPONDER_TIMEOUT', 'OCSP_ERR_BODY_INCOMPLETE'
])

export function createBreaker (): Breaker {
  return { failures: 0, openings: 0, closedToAllUntilMs: 0, probing: false }
}

/** Whether a question may be asked now. While open: no, `OCSP_ERR_RESPONDER_SUSPENDED`. */
export function breakerAllows (breaker: Breaker, nowMs: number): boolean {
  return nowMs >= breaker.closedToAllUntilMs
}

/**
 * To be taken when a question that was allowed goes out. After a pause it is the one probe: until its outcome is known,
 * or another pause has gone by, nobody else asks.
 */
export function afterStart (breaker: Breaker, nowMs: number): Breaker {
  return breaker.openings === 0 ? breaker : { ...breaker, closedToAllUntilMs: nowMs + pauseMs(breaker.openings), probing: true }
}

/**
 * Five failures in a row open it for 30 s; each failed probe doubles the pause, up to 10 min. Questions that were under
 * way when it opened do not lengthen the pause.
 */
export function afterFailure (breaker: Breaker, nowMs: number): Breaker {
  const failures = breaker.failures + 1
  const straggler = breaker.openings > 0 && !breaker.probing
  if (straggler || failures < threshold) return { ...breaker, failures }
  const openings = breaker.openings + 1
  return { failures, openings, closedToAllUntilMs: nowMs + pauseMs(openings), probing: false }
}

/** An HTTP 200 with a valid signature closes it, whatever the status. */
export function afterSuccess (breaker: Breaker): Breaker {
  return { ...breaker, ...createBreaker() }
}

/** Whether a code counts against the breaker: the responder could not be reached or did not answer in full. */
export function isTransportFailure (code: OcspErrorCode): boolean {
  return transportFailures.has(code)
}

const pauseMs = (openings: number): number => Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(openings - 1, maxDoublings))
