import { performance } from 'node:perf_hooks'
import type { AskAnswer, AskFailure, AskOptions, OcspClient } from '@clinch/ocsp-core'

export interface AskingLimitsOptions {
  readonly client: () => OcspClient
  readonly maxInFlight: () => number
  readonly maxPerResponder: () => number
}

interface Waiter {
  readonly origin: string
  readonly go: () => void
}

const maxWaiting = 1024

/**
 * A client that asks so many questions side by side and no more; the others wait, which their deadline counts. When too
 * many wait, or the deadline passes, the answer is `OCSP_ERR_OVERLOADED` (ocsp.md section 12).
 */
export class AskingLimits implements OcspClient {
  readonly #options: AskingLimitsOptions
  readonly #perOrigin = new Map<string, number>()
  #inFlight = 0
  #waiting: Waiter[] = []

  constructor (options: AskingLimitsOptions) {
    this.#options = options
  }

  get deadlineMs (): number { return this.#options.client().deadlineMs }

  async ask (url: string, request: Buffer, options: AskOptions = {}): Promise<AskAnswer | AskFailure> {
    const origin = URL.parse(url)?.origin ?? url
    const deadlineMs = options.deadlineMs ?? this.deadlineMs
    const startedMs = performance.now()
    if (!await this.#enter(origin, deadlineMs, options.signal)) return { kind: 'failed', code: 'OCSP_ERR_OVERLOADED', detail: 'too many questions side by side' }
    try {
      const leftMs = deadlineMs - (performance.now() - startedMs)
      return await this.#options.client().ask(url, request, { ...options, deadlineMs: Math.max(1, leftMs) })
    } finally {
      this.#leave(origin)
    }
  }

  /** The client belongs to somebody else. */
  async close (): Promise<void> {}

  async #enter (origin: string, deadlineMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#hasRoom(origin)) {
      this.#take(origin)
      return true
    }
    if (this.#waiting.length >= maxWaiting || signal?.aborted === true) return false
    return await new Promise(resolve => {
      const waiter: Waiter = {
        origin,
        go: () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', giveUp)
          this.#take(origin)
          resolve(true)
        }
      }
      const giveUp = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        this.#waiting = this.#waiting.filter(other => other !== waiter)
        resolve(false)
      }
      const timer = setTimeout(giveUp, deadlineMs)
      signal?.addEventListener('abort', giveUp)
      this.#waiting.push(waiter)
    })
  }

  #hasRoom (origin: string): boolean {
    return this.#inFlight < this.#options.maxInFlight() && (this.#perOrigin.get(origin) ?? 0) < this.#options.maxPerResponder()
  }

  #take (origin: string): void {
    this.#inFlight++
    this.#perOrigin.set(origin, (this.#perOrigin.get(origin) ?? 0) + 1)
  }

  // The first who waits and whose responder has room is next.
  #leave (origin: string): void {
    this.#inFlight--
    const left = (this.#perOrigin.get(origin) ?? 1) - 1
    if (left === 0) this.#perOrigin.delete(origin)
    else this.#perOrigin.set(origin, left)
    const at = this.#waiting.findIndex(waiter => this.#hasRoom(waiter.origin))
    if (at >= 0) this.#waiting.splice(at, 1)[0]?.go()
  }
}
