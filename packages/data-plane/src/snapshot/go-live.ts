import type { StapleTable } from '../tls/staple-table.ts'
import type { CompiledSsl, ServerCertificate } from './compiled-ssl.ts'
import type { HeldBack } from './ssl-objects.ts'

export interface GoLiveOptions {
  readonly staples: StapleTable
  readonly awaitFirstMs: number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly release: (heldBack: HeldBack) => void
}

const longestTimerMs = 2 ** 31 - 1

/**
 * When a certificate that takes the place of a working one goes live: with its first staple, or when that takes too
 * long. One that must be stapled waits for its staple, or until the old one has expired (ocsp.md 9.1 rule 7).
 */
export class GoLive {
  readonly #options: GoLiveOptions

  constructor (options: GoLiveOptions) {
    this.#options = options
  }

  isReady (next: CompiledSsl, previous: CompiledSsl): boolean {
    if (!next.wantsStapling || !previous.wantsStapling) return true
    return this.#newOnes(next, previous).every(certificate => this.#options.staples.hasStaple(certificate.stapleId))
  }

  wait (heldBack: HeldBack): void {
    const { staples, awaitFirstMs, now, release } = this.#options
    const certificates = this.#newOnes(heldBack.next, heldBack.previous)
    const mustWait = certificates.some(certificate => heldBack.next.mustStaple(certificate) !== 'no')
    const known = Promise.all(certificates.map(async ({ stapleId }) => mustWait ? await staples.stapled(stapleId) : await staples.settled(stapleId)))
    const oldEndsMs = Math.min(...heldBack.previous.pairs.map(({ leaf }) => leaf.notAfterMs)) - now()
    const timer = setTimeout(() => release(heldBack), Math.min(Math.max(mustWait ? oldEndsMs : awaitFirstMs, 0), longestTimerMs))
    timer.unref()
    known.then(() => {
      clearTimeout(timer)
      release(heldBack)
    }, () => {}) // it never rejects
  }

  #newOnes (next: CompiledSsl, previous: CompiledSsl): ServerCertificate[] {
    const before = new Set(previous.pairs.map(({ stapleId }) => stapleId))
    return next.pairs.filter(({ stapleId }) => !before.has(stapleId))
  }
}
