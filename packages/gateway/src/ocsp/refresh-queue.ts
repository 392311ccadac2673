import { DueQueue } from './due-queue.ts'

export interface RefreshQueueOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly maxInFlight: number
  /** A silent responder takes no more than this many places. */
  readonly maxPerResponder: number
  /** The origin that a key's responder has; keys without one are not limited. */
  readonly originOf: (key: string) => string | undefined
  /** One refresh; never rejects. */
  readonly refresh: (key: string) => Promise<void>
}

const longestTimerMs = 2 ** 31 - 1

/**
 * Starts refreshes when they are due: one queue ordered by due time, several side by side, few of them for one
 * responder, so that a silent responder delays nobody else's certificate. One refresh of a key at a time.
 */
export class RefreshQueue {
  readonly #options: RefreshQueueOptions
  readonly #queue = new DueQueue<string>()
  readonly #inFlight = new Map<string, Promise<void>>()
  readonly #perOrigin = new Map<string, number>()
  /** Due once more while a refresh of theirs is under way: it may have begun for what is wanted no longer. */
  readonly #again = new Set<string>()
  /** Due, but their responder has all its places taken. */
  readonly #held = new Map<string, string[]>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor (options: RefreshQueueOptions) {
    this.#options = options
  }

  /** Puts a key in its place; call `run` when all that changed is in. */
  schedule (key: string, dueMs: number): void {
    this.#queue.set(key, dueMs)
  }

  remove (key: string): void {
    this.#again.delete(key)
    this.#queue.delete(key)
  }

  dueOf (key: string): number | undefined {
    return this.#queue.dueOf(key)
  }

  /** Starts what is due, as far as there is room, and sleeps until the next is. */
  run (): void {
    if (this.#closed) return
    clearTimeout(this.#timer)
    const nowMs = this.#options.now()
    while (this.#inFlight.size < this.#options.maxInFlight) {
      const key = this.#queue.take(nowMs)
      if (key === undefined) break
      this.#startOrHold(key)
    }
    const nextMs = this.#queue.nextDueMs()
    if (nextMs === undefined || this.#inFlight.size >= this.#options.maxInFlight) return
    this.#timer = setTimeout(() => this.run(), Math.min(Math.max(nextMs - nowMs, 1), longestTimerMs))
  }

  /** Starts what is due, as its timer does; resolves when all that is under way has ended. */
  async runDue (): Promise<void> {
    this.run()
    await Promise.all(this.#inFlight.values())
  }

  /** Refreshes now, whatever is due; joins a refresh that is under way. */
  async refreshNow (key: string): Promise<void> {
    this.#queue.delete(key)
    await (this.#inFlight.get(key) ?? this.#start(key, this.#options.originOf(key)))
  }

  async close (): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await Promise.allSettled(this.#inFlight.values())
  }

  #startOrHold (key: string): void {
    if (this.#inFlight.has(key)) {
      this.#again.add(key)
      return
    }
    const origin = this.#options.originOf(key)
    if (origin !== undefined && (this.#perOrigin.get(origin) ?? 0) >= this.#options.maxPerResponder) {
      const held = this.#held.get(origin) ?? []
      this.#held.set(origin, held)
      held.push(key)
      return
    }
    void this.#start(key, origin) // eslint-disable-line no-void -- it never rejects
  }

  async #start (key: string, origin: string | undefined): Promise<void> {
    if (origin !== undefined) this.#perOrigin.set(origin, (this.#perOrigin.get(origin) ?? 0) + 1)
    const refresh = this.#options.refresh(key)
    this.#inFlight.set(key, refresh)
    await refresh
    this.#inFlight.delete(key)
    if (this.#again.delete(key) && this.#queue.dueOf(key) === undefined) this.#queue.set(key, this.#options.now())
    if (origin !== undefined) this.#release(origin)
    this.run()
  }

  #release (origin: string): void {
    const taken = (this.#perOrigin.get(origin) ?? 1) - 1
    if (taken === 0) this.#perOrigin.delete(origin)
    else this.#perOrigin.set(origin, taken)
    const next = this.#held.get(origin)?.shift()
    if (next === undefined) this.#held.delete(origin)
    else this.#queue.set(next, this.#options.now())
  }
}
