export interface ThrottleOptions {
  readonly intervalMs: number
  /** So many keys are remembered; of one that was pushed out by others the next passes at once. */
  readonly maxKeys: number
  /** Epoch milliseconds. */
  readonly now: () => number
}

interface Passed {
  readonly atMs: number
  skipped: number
}

/** Lets one of each key pass, and the next one when so much time has gone by: for log lines that may come by the thousand. */
export class Throttle {
  readonly #options: ThrottleOptions
  readonly #passed = new Map<string, Passed>()

  constructor (options: ThrottleOptions) {
    this.#options = options
  }

  /** Undefined: not now. Else how many did not pass since the last one that did. */
  pass (key: string): number | undefined {
    const { intervalMs, maxKeys, now } = this.#options
    const nowMs = now()
    const last = this.#passed.get(key)
    if (last !== undefined && nowMs >= last.atMs && nowMs < last.atMs + intervalMs) {
      last.skipped++
      return undefined
    }
    this.#passed.delete(key)
    if (this.#passed.size >= maxKeys) this.#passed.delete(this.#passed.keys().next().value ?? '') // the one that passed first
    this.#passed.set(key, { atMs: nowMs, skipped: 0 })
    return last?.skipped ?? 0
  }
}
