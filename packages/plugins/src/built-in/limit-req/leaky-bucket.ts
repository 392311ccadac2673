export interface Bucket {
  /** Requests above what has leaked out. */
  readonly excess: number
  readonly atMs: number
}

export interface BucketLimit {
  /** Requests a second. */
  readonly rate: number
  readonly burst: number
}

/**
 * Pours one request in. The first of a key is no excess; what is more than `burst` is refused and leaves the bucket as it was.
 *
 * @returns the bucket with it; undefined when it is refused
 */
export function pour (before: Bucket | undefined, { rate, burst }: BucketLimit, nowMs: number): Bucket | undefined {
  if (before === undefined) return { excess: 0, atMs: nowMs }
  const elapsedS = Math.max(nowMs - before.atMs, 0) / 1000
  const excess = Math.max(before.excess - rate * elapsedS + 1, 0)
  return excess > burst ? undefined : { excess, atMs: nowMs }
}

/** All of it has leaked out, and one request more: the next comes to no excess, as the first did. */
export function isDry ({ excess, atMs }: Bucket, rate: number, nowMs: number): boolean {
  return excess + 1 <= rate * (nowMs - atMs) / 1000
}

const leastDelayMs = 1
const mostDelayMs = 2 ** 31 - 1 // what a timer takes

/** How long a request that was taken waits, so that they go on at the rate; 0 when that is less than a millisecond. */
export function delayMsOf (excess: number, rate: number): number {
  const delayMs = excess / rate * 1000
  return delayMs < leastDelayMs ? 0 : Math.min(delayMs, mostDelayMs)
}
