import { DueQueue } from './due-queue.ts'

export interface ClientRefreshOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Whether a client came with it of late. */
  readonly isWanted: (key: string) => boolean
  /** Never rejects. */
  readonly refresh: (key: string) => Promise<void>
}

const maxPerMinute = 600
const maxInFlight = 8
const minuteMs = 60_000
const shortestPauseMs = 5000
const longestTimerMs = 2 ** 31 - 1

/**
 * Has certificates asked about again before their verdicts end, so that busy clients never wait: so many a minute and no
 * more, and few side by side, since clients who do wait go first.
 */
export class ClientRefresh {
  readonly #options: ClientRefreshOptions
  readonly #queue = new DueQueue<string>()
  readonly #inFlight = new Set<Promise<void>>()
  #minute = { startMs: -Infinity, asked: 0 }
  #timer: NodeJS.Timeout | undefined
  #timerDueMs = Infinity
  #closed = false

  constructor (options: ClientRefreshOptions) {
    this.#options = options
  }

  schedule (key: string, dueMs: number): void {
    this.#queue.set(key, dueMs)
    if (dueMs < this.#timerDueMs) this.#sleep()
  }

  isScheduled (key: string): boolean {
    return this.#queue.dueOf(key) !== undefined
  }

  forget (key: string): void {
    this.#queue.delete(key)
  }

  /** Starts what is due; its own timer calls it. Resolves when what was started has ended. */
  async run (): Promise<void> {
    const nowMs = this.#options.now()
    const started: Array<Promise<void>> = []
    while (!this.#closed && this.#inFlight.size < maxInFlight && this.#hasBudget(nowMs)) {
      const key = this.#queue.take(nowMs)
      if (key === undefined) break
      if (this.#options.isWanted(key)) started.push(this.#start(key))
    }
    this.#sleep()
    await Promise.all(started)
  }

  async close (): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await Promise.all(this.#inFlight)
  }

  #start (key: string): Promise<void> {
    this.#minute.asked++
    const wasFull = () => this.#inFlight.size === maxInFlight - 1
    const refresh = this.#options.refresh(key).finally(() => {
      this.#inFlight.delete(refresh)
      if (wasFull()) this.#sleep()
    })
    this.#inFlight.add(refresh)
    return refresh
  }

  #hasBudget (nowMs: number): boolean {
    if (nowMs < this.#minute.startMs || nowMs >= this.#minute.startMs + minuteMs) this.#minute = { startMs: nowMs, asked: 0 }
    return this.#minute.asked < maxPerMinute
  }

  // Until something is due and may start.
  #sleep (): void {
    clearTimeout(this.#timer)
    const nextMs = this.#queue.nextDueMs()
    this.#timerDueMs = nextMs ?? Infinity
    if (this.#closed || nextMs === undefined || this.#inFlight.size >= maxInFlight) return
    const nowMs = this.#options.now()
    const freeMs = this.#minute.asked < maxPerMinute ? nowMs : this.#minute.startMs + minuteMs
    const delayMs = Math.max(nextMs, freeMs) - nowMs
    this.#timer = setTimeout(() => { this.run() }, Math.min(Math.max(delayMs, 1), longestTimerMs)).unref() // eslint-disable-line @typescript-eslint/no-floating-promises -- refresh never rejects
  }
}

/**
 * When to ask ahead, epoch milliseconds: at three quarters of what is left of the verdict, or of the time until it has to
 * be asked for again, give or take a twentieth; not twice within five seconds.
 *
 * @param endMs - when the verdict may no longer be used without asking
 * @param random - in [0, 1)
 */
export function refreshDueMs ({ checkedAtMs, endMs, random }: { readonly checkedAtMs: number, readonly endMs: number, readonly random: number }): number {
  return checkedAtMs + Math.max((endMs - checkedAtMs) * (0.7 + 0.1 * random), shortestPauseMs)
}
