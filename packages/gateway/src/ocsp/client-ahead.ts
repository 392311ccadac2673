import { retryDelay } from '@clinch/ocsp-core'
import { askAgainMs, type KeptStatus } from './client-kept.ts'
import type { StatusErrorCode } from './client-outcome.ts'
import { ClientRefresh, refreshDueMs } from './client-refresh.ts'

export interface ClientAheadOptions {
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly statusOf: (key: string) => KeptStatus | undefined
  /** Asks; undefined: a responder spoke, else why none did. Never rejects. */
  readonly ask: (key: string, status: KeptStatus) => Promise<{ readonly code: StatusErrorCode, readonly retryAfterMs?: number | undefined } | undefined>
}

const wantedMs = 3_600_000

/** Which certificates are asked about ahead, and when: those that are good and with which a client came in the last hour. */
export class ClientAhead {
  readonly #options: ClientAheadOptions
  readonly #refresh: ClientRefresh

  constructor (options: ClientAheadOptions) {
    this.#options = options
    this.#refresh = new ClientRefresh({
      now: options.now,
      isWanted: key => options.now() < (options.statusOf(key)?.seenMs ?? -Infinity) + wantedMs,
      refresh: async key => await this.#ask(key)
    })
  }

  /** There is news of it. */
  plan (key: string): void {
    const status = this.#options.statusOf(key)
    if (status?.verdict.kind !== 'good') return this.#refresh.forget(key)
    status.failures = 0
    const { checkedAtMs, question } = status
    this.#refresh.schedule(key, refreshDueMs({ checkedAtMs, endMs: askAgainMs(status, question.maxAgeMs), random: this.#options.random() }))
  }

  /** A client came again: it may have been away for so long that it was left alone. */
  see (key: string): void {
    if (!this.#refresh.isScheduled(key)) this.plan(key)
  }

  forget (key: string): void {
    this.#refresh.forget(key)
  }

  /** Asks about what is due; resolves when the answers are in. */
  async run (): Promise<void> {
    await this.#refresh.run()
  }

  async close (): Promise<void> {
    await this.#refresh.close()
  }

  async #ask (key: string): Promise<void> {
    const status = this.#options.statusOf(key)
    if (status === undefined) return
    const failure = await this.#options.ask(key, status)
    const held = this.#options.statusOf(key)
    if (failure === undefined || held?.verdict.kind !== 'good') return this.plan(key)
    held.failures++
    const nowMs = this.#options.now()
    const heldUntilMs = held.verdict.usableEndMs
    this.#refresh.schedule(key, nowMs + retryDelay({ ...failure, failures: held.failures, random: this.#options.random(), heldUntilMs, nowMs }))
  }
}
