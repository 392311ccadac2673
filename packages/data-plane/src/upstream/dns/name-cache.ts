import type { Logger } from 'pino'
import type { NameLookup } from './name-lookup.ts'

export interface NameCacheOptions {
  readonly lookup: NameLookup
  /** The longest that a request waits for an answer. */
  readonly timeoutMs: number
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** A name that an upstream has among its nodes; let go of once. */
export interface NameHold {
  /** Those that were found last; empty while none were. */
  readonly addresses: readonly string[]
  /** A promise while nothing is known that may be used: of a name that was never found, or that nobody used for long. */
  known (): Promise<void> | undefined
  release (): void
}

/**
 * The addresses of the names that upstreams have, kept by what DNS says of them. A name that is used is asked for again
 * as its answer ends, outside of any request; the last good addresses stay while DNS fails. A name that is not used is
 * left alone, and the next request for it waits for a fresh answer.
 */
export class NameCache {
  readonly #options: NameCacheOptions
  readonly #names = new Map<string, CachedName>()

  constructor (options: NameCacheOptions) {
    this.#options = options
  }

  /** @param onChange - called when the addresses are others than before */
  hold (name: string, onChange: () => void): NameHold {
    const cached = this.#names.get(name) ?? new CachedName(name, this.#options)
    this.#names.set(name, cached)
    const watcher = (): void => onChange() // one upstream may hold a name more than once
    cached.watchers.add(watcher)
    return {
      get addresses () { return cached.addresses },
      known: () => cached.known(),
      release: () => {
        cached.watchers.delete(watcher)
        if (cached.watchers.size > 0) return
        cached.close()
        if (this.#names.get(name) === cached) this.#names.delete(name)
      }
    }
  }

  get size (): number { return this.#names.size }

  close (): void {
    for (const name of this.#names.values()) name.close()
    this.#names.clear()
  }
}

const shortestMs = 1000
const longestMs = 2 ** 31 - 1
const longestRetryMs = 30_000

class CachedName {
  addresses: readonly string[] = []
  readonly watchers = new Set<() => void>()
  readonly #name: string
  readonly #options: NameCacheOptions
  #freshUntilMs = 0
  #failures = 0
  #wasUsed = false
  #asking: Promise<void> | undefined
  #next: NodeJS.Timeout | undefined
  #isClosed = false

  constructor (name: string, options: NameCacheOptions) {
    this.#name = name
    this.#options = options
  }

  known (): Promise<void> | undefined {
    this.#wasUsed = true
    if (this.#options.now() < this.#freshUntilMs || this.#next !== undefined) return undefined
    return atMost(this.#ask(), this.#options.timeoutMs)
  }

  close (): void {
    this.#isClosed = true
    clearTimeout(this.#next)
  }

  #ask (): Promise<void> {
    this.#asking ??= this.#lookUp().finally(() => { this.#asking = undefined })
    return this.#asking
  }

  async #lookUp (): Promise<void> {
    const { lookup, log, now } = this.#options
    this.#wasUsed = false
    let againMs: number
    try {
      const { addresses, validMs } = await lookup(this.#name)
      this.#failures = 0
      againMs = Math.min(longestMs, Math.max(shortestMs, validMs))
      this.#take(addresses)
    } catch (err) {
      againMs = Math.min(longestRetryMs, shortestMs * 2 ** this.#failures++)
      log.error({ err, addresses: this.addresses }, `dns resolver domain: ${this.#name} error: ${(err as Error).message}`)
    }
    this.#freshUntilMs = now() + againMs
    if (this.#isClosed) return
    this.#next = setTimeout(() => this.#askAgain(), againMs)
    this.#next.unref()
  }

  // While this goes on, what is known goes on being used.
  #askAgain (): void {
    if (!this.#wasUsed) {
      this.#next = undefined
      return
    }
    this.#ask().catch(neverRejects)
  }

  #take (addresses: readonly string[]): void {
    const sorted = addresses.toSorted() // servers rotate them
    if (sorted.join() === this.addresses.join()) return
    this.addresses = sorted
    if (!this.#isClosed) for (const watcher of this.watchers) watcher()
  }
}

function neverRejects (): void {}

async function atMost (answer: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([answer, promise])
  clearTimeout(timer)
}
