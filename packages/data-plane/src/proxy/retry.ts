import type { ForwardFailure } from './forward-failure.ts'

export interface FailedAttempt {
  readonly failure: Pick<ForwardFailure, 'retryable'>
  /** Bytes of the request may have reached the node. */
  readonly wasSent: boolean
  readonly usedOldConnection: boolean
  /** Some of the client's body is gone. */
  readonly bodyWasTouched: boolean
  readonly method: string
  readonly retriesLeft: number
  /** Since the first attempt began, and the limit for new ones; 0 for none. */
  readonly elapsedMs: number
  readonly retryTimeoutMs: number
}

/**
 * What follows a failed attempt (data-plane.md 5.6). A node that closed an idle connection just when the request came
 * did not fail: the same node is asked again over a new connection, and that counts for no retry.
 */
export function judgeRetry (attempt: FailedAttempt): 'no' | 'tooLate' | 'sameNode' | 'nextNode' {
  if (!attempt.failure.retryable || attempt.bodyWasTouched) return 'no'
  if (attempt.wasSent && notRepeatable.has(attempt.method)) return 'no'
  if (attempt.usedOldConnection && attempt.wasSent && attempt.elapsedMs < staleWithinMs) return 'sameNode'
  if (attempt.retriesLeft === 0) return 'no'
  return attempt.retryTimeoutMs > 0 && attempt.elapsedMs >= attempt.retryTimeoutMs ? 'tooLate' : 'nextNode'
}

const notRepeatable = new Set(['POST', 'LOCK', 'PATCH'])

// A reset that comes later than this is an answer of sorts, not a connection that was gone already.
const staleWithinMs = 1000
