import type { HealthEvent, HealthStatus } from '@clinch/data-plane'

/** What is known of one target: its state, and what was counted on the way to the next. */
export interface TargetHealth {
  readonly status: HealthStatus
  readonly counters: Readonly<Record<HealthEvent, number>>
}

/** How many events in a row change the state, by kind; 0: the kind is not counted. */
export type HealthLimits = Readonly<Record<HealthEvent, number>>

export const newTarget: TargetHealth = { status: 'healthy', counters: { success: 0, http_failure: 0, tcp_failure: 0, timeout_failure: 0 } }

/**
 * What one event makes of a target (data-plane.md 5.13). Kinds of failure count separately; a success clears them all, a
 * failure clears the successes. What tells nothing new leaves it as it is, the same object.
 */
export function afterEvent (target: TargetHealth, event: HealthEvent, limits: HealthLimits): TargetHealth {
  const { status, counters } = target
  const limit = limits[event]
  if (limit === 0 || status === (event === 'success' ? 'healthy' : 'unhealthy')) return target
  const count = counters[event] + 1
  if (event === 'success') {
    return { status: count >= limit ? 'healthy' : isUsable(status) ? 'mostly_healthy' : 'mostly_unhealthy', counters: { ...newTarget.counters, success: count } }
  }
  return { status: count >= limit ? 'unhealthy' : isUsable(status) ? 'mostly_healthy' : 'mostly_unhealthy', counters: { ...counters, success: 0, [event]: count } }
}

/** Whether requests are sent there. */
export function isUsable (status: HealthStatus): boolean {
  return status === 'healthy' || status === 'mostly_healthy'
}
