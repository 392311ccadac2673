/** What a process had in memory at a time; a process that was started again is another series. */
export interface MemorySample {
  readonly atMs: number
  readonly mib: number
}

export interface MemoryTrend {
  /** Undefined: nothing lived long enough to tell. */
  readonly mibPerHour: number | undefined
  readonly highestMib: number
  /** How long the lives together were that it is told from. */
  readonly seenMs: number
}

/** A process fills its caches and heaps at first. */
const warmUpMs = 60_000
const shortestLifeMs = 60_000

/**
 * How fast processes of one kind grow: the slope of one straight line through the samples of each life, lives having their own
 * heights (least squares with fixed effects). What comes before a minute of life is left out.
 */
export function memoryTrend (lives: ReadonlyArray<readonly MemorySample[]>): MemoryTrend {
  const highestMib = Math.max(0, ...lives.flat().map(({ mib }) => mib))
  let covariance = 0
  let variance = 0
  let seenMs = 0
  for (const life of lives) {
    const bornMs = life[0]?.atMs ?? 0
    const settled = life.filter(({ atMs }) => atMs - bornMs >= warmUpMs)
    const lengthMs = (settled.at(-1)?.atMs ?? 0) - (settled[0]?.atMs ?? 0)
    if (lengthMs < shortestLifeMs) continue
    seenMs += lengthMs
    const meanMs = mean(settled.map(({ atMs }) => atMs))
    const meanMib = mean(settled.map(({ mib }) => mib))
    for (const { atMs, mib } of settled) {
      covariance += (atMs - meanMs) * (mib - meanMib)
      variance += (atMs - meanMs) ** 2
    }
  }
  return { mibPerHour: variance === 0 ? undefined : covariance / variance * 3_600_000, highestMib, seenMs }
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
