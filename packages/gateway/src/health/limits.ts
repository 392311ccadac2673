import type { HealthEvent } from '@clinch/data-plane'
import type { HealthChecker } from '@clinch/schema'
import type { HealthLimits } from './target-health.ts'

/** What a probe found out. */
export type ProbeOutcome =
  | { readonly kind: 'status', readonly status: number }
  /** What came back is no HTTP. */
  | { readonly kind: 'unparsable' }
  | { readonly kind: 'connected' }
  /** Not connected, not handshaken, not sent, not read. */
  | { readonly kind: 'failed', readonly reason: string }
  | { readonly kind: 'timeout' }

const none: HealthLimits = { success: 0, http_failure: 0, tcp_failure: 0, timeout_failure: 0 }

/** Without `healthy` or `unhealthy` nothing of that sort is counted. */
export function activeLimits ({ active: { healthy, unhealthy } }: HealthChecker): HealthLimits {
  return limitsOf(healthy, unhealthy)
}

export function passiveLimits ({ passive }: HealthChecker): HealthLimits {
  return limitsOf(passive?.healthy, passive?.unhealthy)
}

/** Undefined: the status is in neither list. */
export function eventOf (outcome: ProbeOutcome, { active: { healthy, unhealthy } }: HealthChecker): HealthEvent | undefined {
  switch (outcome.kind) {
    case 'connected': return 'success'
    case 'timeout': return 'timeout_failure'
    case 'failed': return 'tcp_failure'
    case 'unparsable': return 'http_failure'
    case 'status':
      if (healthy?.http_statuses.includes(outcome.status) === true) return 'success'
      return unhealthy?.http_statuses.includes(outcome.status) === true ? 'http_failure' : undefined
  }
}

function limitsOf (
  healthy: { readonly successes: number } | undefined,
  unhealthy: { readonly http_failures: number, readonly tcp_failures: number, readonly timeouts: number } | undefined
): HealthLimits {
  return {
    success: healthy?.successes ?? none.success,
    http_failure: unhealthy?.http_failures ?? none.http_failure,
    tcp_failure: unhealthy?.tcp_failures ?? none.tcp_failure,
    timeout_failure: unhealthy?.timeouts ?? none.timeout_failure
  }
}
