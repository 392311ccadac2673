import type { Outcome, Quota } from './quota.ts'

/** Windows are aligned to multiples of their length since the epoch. */
export interface SlidingWindow {
  /** Number of the window that `current` belongs to. */
  readonly index: number
  readonly current: number
  readonly previous: number
}

/** Where a request stands in its window. */
export interface SlidingCounts {
  /** Without this request. */
  readonly current: number
  readonly previous: number
  readonly elapsedMs: number
}

/** The counts as they are at an instant: windows that went by are left behind. */
export function slideTo (nowMs: number, before: SlidingWindow | undefined, windowMs: number): SlidingWindow {
  const index = Math.floor(nowMs / windowMs)
  if (before?.index === index) return before
  return { index, current: 0, previous: before?.index === index - 1 ? before.current : 0 }
}

/** After two windows nothing of it counts. */
export function isSlidingWindowOver ({ index }: SlidingWindow, windowMs: number, nowMs: number): boolean {
  return Math.floor(nowMs / windowMs) > index + 1
}

/**
 * Judges a request by an estimate of the requests in the window that ends now: those of this window, and of those of the
 * window before, of which no more than the limit count, the share that the window still reaches back to. Both the estimate
 * and the count of this window must be below the limit. Only accepted requests are counted.
 */
export function judgeSlidingWindow ({ current, previous, elapsedMs }: SlidingCounts, { count, windowMs }: Quota): Outcome {
  const counted = Math.min(previous, count)
  const estimate = current + counted * (1 - elapsedMs / windowMs)
  const restMs = windowMs - elapsedMs
  if (current >= count) return { isAccepted: false, remaining: 0, resetS: roundUp(restMs) }
  if (estimate < count) return { isAccepted: true, remaining: Math.max(Math.floor(count - estimate - 1), 0), resetS: roundUp(restMs) }
  const freeAtMs = windowMs * (1 - (count - current) / counted)
  return { isAccepted: false, remaining: 0, resetS: roundUp(Math.min(Math.max(freeAtMs - elapsedMs, 0), restMs)) }
}

function roundUp (ms: number): number {
  return Math.ceil(ms / 10) / 100
}
