/** Numbers that look random and are the same for the same seed. */
export interface SeededRandom {
  /** From 0 up to and without `limit`. */
  below (limit: number): number
  /** True `share` of the time. */
  chance (share: number): boolean
  pick<T> (choices: readonly T[]): T
  octets (count: number): Buffer
}

/** The generator called mulberry32: small, and good enough to choose test cases with. */
export function createSeededRandom (seed: number): SeededRandom {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    chance: share => next() < share,
    pick: <T>(choices: readonly T[]): T => {
      const chosen = choices[below(choices.length)]
      if (chosen === undefined) throw new RangeError('nothing to pick from')
      return chosen
    },
    octets: count => Buffer.from(Array.from({ length: count }, () => below(256)))
  }
}
