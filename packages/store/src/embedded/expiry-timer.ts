/** Clocks jump and timers end at 2^31 ms, so the end of an entry is looked at again at least this often. */
const longestWaitMs = 60 * 60 * 1000

/** Wakes its owner when the next entry comes to its end. */
export class ExpiryTimer {
  readonly #now: () => number
  readonly #onDue: () => void
  #timer: NodeJS.Timeout | undefined

  constructor (now: () => number, onDue: () => void) {
    this.#now = now
    this.#onDue = onDue
  }

  /** @param dueMs - epoch milliseconds; undefined when nothing is to end */
  set (dueMs: number | undefined): void {
    this.close()
    if (dueMs === undefined) return
    const waitMs = Math.min(longestWaitMs, Math.max(0, dueMs - this.#now()))
    this.#timer = setTimeout(this.#onDue, waitMs)
  }

  close (): void {
    clearTimeout(this.#timer)
  }
}
