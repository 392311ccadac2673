import { dueTime, replaces, retryDelay, unchangedDelay, verifyResponse, type OcspErrorCode, type StatusVerdict } from '@clinch/ocsp-core'
import type { StapleMessage } from '../ipc/messages.ts'
import { failureLine } from './failure-line.ts'
import type { FetchMetrics } from './fetch-metrics.ts'
import { heldFromVerdict, sendable, messageOf, type HeldResponse, type KeptStaple } from './kept-staple.ts'
import type { StapleDisk } from './staple-disk.ts'
import type { StapleEvents, StapleSource } from './staple-events.ts'

export interface StapleKeeperOptions {
  readonly disk: StapleDisk
  readonly events: StapleEvents
  readonly metrics: FetchMetrics
  /** Epoch milliseconds. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  /** When the certificate is to be asked about again. */
  readonly schedule: (id: string, dueMs: number) => void
  /** Tells the workers. */
  readonly publish: (messages: readonly StapleMessage[]) => void
}

/**
 * What becomes of a staple when an answer or a failure has come: newer wins, a failure replaces nothing, revoked is
 * known and never sent (ocsp.md 8.1, 8.5). Where answers come from is the agent's affair.
 */
export class StapleKeeper {
  readonly #options: StapleKeeperOptions

  constructor (options: StapleKeeperOptions) {
    this.#options = options
  }

  /** An answer of a responder. Newer wins; what is not good is kept, so that it is known, and never sent. */
  async takeVerdict (kept: KeptStaple, verdict: StatusVerdict, der: Buffer, nowMs: number, httpMaxAgeMs: number | undefined): Promise<void> {
    const held = kept.held?.verified === true ? kept.held : undefined
    if (verdict.withinTolerance) return this.fail(kept, { code: 'OCSP_ERR_EXPIRED', detail: 'the response is past its nextUpdate' })
    if (verdict.kind === 'unknown' && held !== undefined && sendable(held) !== undefined && nowMs < held.usableEndMs) {
      return this.fail(kept, { code: 'unknown', detail: 'certificate status "unknown" in the OCSP response' })
    }
    if (!replaces(held, verdict)) {
      this.#succeed(kept)
      return this.#options.schedule(kept.target.id, nowMs + unchangedDelay(held ?? verdict, this.#options.random()))
    }
    await this.save(kept, der)
    this.hold(kept, heldFromVerdict(verdict, der, nowMs), { source: 'responder', httpMaxAgeMs })
  }

  /** On disk, for the next start; what the disk does not take is logged. */
  async save (kept: KeptStaple, der: Buffer): Promise<void> {
    if (kept.target.key === undefined) return
    await this.#options.disk.save(kept.target.key, der).catch((err: unknown) => this.#options.events.notWritten(kept, err))
  }

  /** A response that another node fetched, verified like any other; whether it was taken. */
  takeFromCluster (kept: KeptStaple, der: Buffer): boolean {
    const { certificate, issuer, policy } = kept.target
    if (issuer === undefined) return false
    const nowMs = this.#options.now()
    const verdict = verifyResponse({ der, certificate, issuer, nowMs, policy })
    if (verdict.kind === 'indeterminate') {
      this.#options.metrics.clusterRejected()
      this.#options.events.rejectedFromCluster(kept, verdict.code)
      return false
    }
    if (verdict.withinTolerance || !replaces(kept.held, verdict)) return false
    this.hold(kept, heldFromVerdict(verdict, der, nowMs), { source: 'cluster' })
    return true
  }

  hold (kept: KeptStaple, held: HeldResponse, { source, httpMaxAgeMs }: { readonly source: StapleSource, readonly httpMaxAgeMs?: number | undefined }): void {
    const before = kept.held
    kept.held = held
    kept.alarmedAt = 1
    this.#succeed(kept)
    this.#options.events.held(kept, before, held, source, this.#options.now())
    this.#publish(kept)
    this.#options.schedule(kept.target.id, this.dueOf(kept, held, httpMaxAgeMs))
  }

  /** A file is looked at when it changes, and once more when what it holds ends. */
  dueOf (kept: KeptStaple, { thisUpdateMs, usableEndMs, fetchedAtMs }: HeldResponse, httpMaxAgeMs?: number): number {
    if (kept.target.file !== undefined) return usableEndMs
    return dueTime({ thisUpdateMs, usableEndMs, fetchedAtMs, lastTryMs: kept.lastTryMs, httpMaxAgeMs, maxIntervalMs: kept.target.maxIntervalMs, random: this.#options.random() })
  }

  setNotApplicable (kept: KeptStaple, reason: string): void {
    kept.failure = { code: 'notApplicable', line: reason, detail: reason, sinceMs: this.#options.now() }
    this.#options.events.notApplicable(kept)
    this.#publish(kept)
  }

  /** @param retries - false for what only an operator can mend */
  fail (kept: KeptStaple, failure: { readonly code: string, readonly detail: string, readonly line?: string }, retries = true, retryAfterMs?: number): void {
    const nowMs = this.#options.now()
    const changed = kept.failure?.code !== failure.code
    kept.failures++
    kept.failure = { code: failure.code, line: failure.line ?? failureLine(failure), detail: failure.detail, sinceMs: changed ? nowMs : kept.failure?.sinceMs ?? nowMs }
    this.#options.events.failed(kept, failure.code, changed, nowMs)
    this.#options.events.alarm(kept, nowMs)
    this.#publish(kept)
    if (retries && failure.code !== 'OCSP_ERR_ISSUER_NOT_FOUND') this.retry(kept, failure.code, retryAfterMs)
  }

  retry (kept: KeptStaple, code: string, retryAfterMs?: number): void {
    const nowMs = this.#options.now()
    this.#options.schedule(kept.target.id, nowMs + retryDelay({
      failures: kept.failures,
      code: code as OcspErrorCode, // other words fall under the ordinary backoff
      random: this.#options.random(),
      heldUntilMs: sendable(kept.held)?.usableEndMs,
      nowMs,
      retryAfterMs
    }))
  }

  #succeed (kept: KeptStaple): void {
    if (kept.failure !== undefined) this.#options.events.recovered(kept)
    kept.failures = 0
    kept.failure = undefined
  }

  #publish (kept: KeptStaple): void {
    const message = messageOf(kept)
    if (message !== undefined) this.#options.publish([message])
  }
}
