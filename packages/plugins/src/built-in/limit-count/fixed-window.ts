import type { Outcome, Quota } from './quota.ts'

export interface FixedWindow {
  readonly used: number
  readonly endMs: number
}

/** A window that begins with the first request of a key and lasts for its time; all of its requests count, rejected ones too. */
export function countInFixedWindow (before: FixedWindow | undefined, { windowMs }: Pick<Quota, 'windowMs'>, nowMs: number): FixedWindow {
  if (before === undefined || isFixedWindowOver(before, nowMs)) return { used: 1, endMs: nowMs + windowMs }
  return { used: before.used + 1, endMs: before.endMs }
}

export function isFixedWindowOver ({ endMs }: FixedWindow, nowMs: number): boolean {
  return nowMs >= endMs
}

/** @param used - this request included */
export function judgeFixedWindow (used: number, leftMs: number, count: number): Outcome {
  return { isAccepted: used <= count, remaining: Math.max(count - used, 0), resetS: Math.floor(leftMs / 10) / 100 }
}
