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
  /** Undefined as above. Medians of half a minute: after five minutes, in the middle, at the end. */
  readonly longestLife: { readonly lengthMs: number, readonly earlyMib: number, readonly middleMib: number, readonly lateMib: number } | undefined
}

/** A process fills its heaps at first: under load that takes some minutes. */
const warmUpMs = 5 * 60_000
const shortestLifeMs = 2 * 60_000

/**
 * How fast processes of one kind grow: the slope of one straight line through the samples of each life, lives having their own
 * heights (least squares with fixed effects). What comes before five minutes of life is left out.
 */
export function memoryTrend (lives: ReadonlyArray<readonly MemorySample[]>): MemoryTrend {
  const highestMib = Math.max(0, ...lives.flat().map(({ mib }) => mib))
  let covariance = 0
  let variance = 0
  let seenMs = 0
  let longest: readonly MemorySample[] = []
  for (const life of lives) {
    const bornMs = life[0]?.atMs ?? 0
    const settled = life.filter(({ atMs }) => atMs - bornMs >= warmUpMs)
    const lengthMs = lengthOf(settled)
    if (lengthMs < shortestLifeMs) continue
    seenMs += lengthMs
    if (lengthMs > lengthOf(longest)) longest = settled
    const meanMs = mean(settled.map(({ atMs }) => atMs))
    const meanMib = mean(settled.map(({ mib }) => mib))
    for (const { atMs, mib } of settled) {
      covariance += (atMs - meanMs) * (mib - meanMib)
      variance += (atMs - meanMs) ** 2
    }
  }
  return { mibPerHour: variance === 0 ? undefined : covariance / variance * 3_600_000, highestMib, seenMs, longestLife: describeLife(longest) }
}

/** Half a minute at the rate of memory-watch.ts. */
const samplesInWindow = 6

function describeLife (life: readonly MemorySample[]): MemoryTrend['longestLife'] {
  if (life.length === 0) return undefined
  const middle = Math.max(0, Math.floor((life.length - samplesInWindow) / 2))
  return {
    lengthMs: lengthOf(life),
    earlyMib: medianOf(life.slice(0, samplesInWindow)),
    middleMib: medianOf(life.slice(middle, middle + samplesInWindow)),
    lateMib: medianOf(life.slice(-samplesInWindow))
  }
}

function lengthOf (life: readonly MemorySample[]): number {
  return (life.at(-1)?.atMs ?? 0) - (life[0]?.atMs ?? 0)
}

function medianOf (samples: readonly MemorySample[]): number {
  const sorted = samples.map(({ mib }) => mib).sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
