import type { Logger } from 'pino'
import { Throttle } from '../../throttle.ts'
import { countInTurn } from './count-in-turn.ts'
import type { Counters, Hit, Outcome } from './quota.ts'
import type { RedisCounters } from './redis-counters.ts'
import { WindowTable } from './window-table.ts'

interface Unsent {
  readonly windowMs: number
  readonly isSliding: boolean
  requests: number
}

export interface DelayedCountersOptions {
  readonly intervalMs: number
  readonly maxKeys: () => number
  readonly now: () => number
  readonly log: Logger
}

const sayAgainMs = 10_000

/**
 * Counts in this worker, and tells redis at an interval what was counted since: no request waits for redis, and the limit
 * is passed by no more than what all workers let through in one interval. While redis is away each counts for itself.
 */
export class DelayedCounters implements Counters {
  readonly #remote: RedisCounters
  readonly #options: DelayedCountersOptions
  readonly #windows: WindowTable
  readonly #throttle: Throttle
  readonly #timer: NodeJS.Timeout
  #unsent = new Map<string, Unsent>()
  #sending = Promise.resolve()

  /** @param remote - closed with this one */
  constructor (remote: RedisCounters, options: DelayedCountersOptions) {
    this.#remote = remote
    this.#options = options
    this.#windows = new WindowTable(options)
    this.#throttle = new Throttle({ intervalMs: sayAgainMs, maxKeys: 1, now: options.now })
    this.#timer = setInterval(() => this.#sendInTurn(), options.intervalMs).unref()
  }

  async count (hits: readonly Hit[]): Promise<readonly Outcome[]> {
    return await countInTurn(hits, async hit => await this.#count(hit))
  }

  /** What was not told yet is told still. */
  close (): void {
    clearInterval(this.#timer)
    this.#sendInTurn()
    this.#sending.finally(() => this.#remote.close()).catch(() => {}) // sending never rejects
  }

  // A window that is over before redis hears of it cannot be counted here.
  #count (hit: Hit): Outcome | Promise<Outcome> {
    const [name, , windowMs, isSliding] = hit
    if (windowMs <= this.#options.intervalMs) return this.#remote.count([hit]).then(([outcome]) => outcome as Outcome) // one for one
    const outcome = this.#windows.count(hit, this.#options.now())
    if (outcome.isAccepted) {
      const unsent = this.#unsent.get(name)
      if (unsent === undefined) this.#unsent.set(name, { windowMs, isSliding, requests: 1 })
      else unsent.requests++
    }
    return outcome
  }

  #sendInTurn (): void {
    this.#sending = this.#sending.then(async () => await this.#send())
  }

  async #send (): Promise<void> {
    const sent = this.#unsent
    this.#unsent = new Map()
    const results = await Promise.allSettled([...sent].map(async ([name, unsent]) => await this.#sendOne(name, unsent)))
    const failure = results.find(result => result.status === 'rejected')
    if (failure !== undefined && this.#throttle.pass('') !== undefined) {
      this.#options.log.warn({ err: failure.reason as unknown }, 'counts could not be written to redis, this worker goes by its own')
    }
  }

  async #sendOne (name: string, { windowMs, isSliding, requests }: Unsent): Promise<void> {
    try {
      if (isSliding) await this.#sendSliding(name, windowMs, requests)
      else await this.#sendFixed(name, windowMs, requests)
    } catch (err) {
      this.#keep(name, windowMs, isSliding, requests)
      throw err
    }
  }

  async #sendFixed (name: string, windowMs: number, requests: number): Promise<void> {
    const { used, leftMs } = await this.#remote.addFixed(name, windowMs, requests)
    const nowMs = this.#options.now()
    this.#windows.setFixed(name, { used: used + this.#unsentOf(name), endMs: nowMs + leftMs }, nowMs)
  }

  async #sendSliding (name: string, windowMs: number, requests: number): Promise<void> {
    const { current, previous } = await this.#remote.addSliding(name, windowMs, requests)
    const nowMs = this.#options.now()
    this.#windows.setSliding(name, { index: Math.floor(nowMs / windowMs), current: current + requests + this.#unsentOf(name), previous }, windowMs, nowMs)
  }

  #unsentOf (name: string): number {
    return this.#unsent.get(name)?.requests ?? 0
  }

  // For the next time, unless the window that they belong to is over by now.
  #keep (name: string, windowMs: number, isSliding: boolean, requests: number): void {
    if (!this.#windows.has(name, isSliding, this.#options.now())) return
    const unsent = this.#unsent.get(name)
    this.#unsent.set(name, { windowMs, isSliding, requests: requests + (unsent?.requests ?? 0) })
  }
}
