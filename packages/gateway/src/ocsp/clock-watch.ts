export interface ClockWatchOptions {
  /** The wall clock, epoch milliseconds. */
  readonly now: () => number
  /** A clock that only goes forward, milliseconds from anywhere. */
  readonly monotonicNow: () => number
  /** By how much it may be set and nothing is said. */
  readonly toleranceMs: () => number
  /** It was set by so much: forward, or back where negative. */
  readonly onJump: (byMs: number) => void
}

const lookEveryMs = 5000

/**
 * Finds out when the wall clock is set (ocsp.md 8.3): by hand, by a time server, or because the machine slept. Small steps add
 * up; a clock that is slewed takes the other one along.
 */
export class ClockWatch {
  readonly #options: ClockWatchOptions
  #aheadMs: number
  #timer: NodeJS.Timeout | undefined

  constructor (options: ClockWatchOptions) {
    this.#options = options
    this.#aheadMs = options.now() - options.monotonicNow()
  }

  start (): void {
    this.#timer = setInterval(() => this.look(), lookEveryMs).unref()
  }

  /** Compares the clocks now. */
  look (): void {
    const { now, monotonicNow, toleranceMs, onJump } = this.#options
    const aheadMs = now() - monotonicNow()
    const byMs = aheadMs - this.#aheadMs
    if (Math.abs(byMs) <= toleranceMs()) return
    this.#aheadMs = aheadMs
    onJump(byMs)
  }

  close (): void {
    clearInterval(this.#timer)
  }
}
