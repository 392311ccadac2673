import { coverAllReasons, judgeByCrl, judgeUrl, statusByCrls, type Certificate, type CrlFailure, type CrlJudgement, type CrlPolicy, type CrlVerdict, type UrlGuard } from '@clinch/ocsp-core'
import type { ClientUrlBudget } from './client-url-budget.ts'
import type { CrlKeeper } from './crl-keeper.ts'
import type { KeptCrl } from './crl-kept.ts'
import { crlKey, crlSourcesOf, type CrlAlternatives, type CrlQuestion, type CrlSource } from './crl-source.ts'

export interface CrlLookupOptions {
  readonly keeper: CrlKeeper
  readonly policy: () => CrlPolicy
  /** For URLs that come out of certificates. */
  readonly guard: () => UrlGuard
  readonly budget: ClientUrlBudget
  readonly baseDir: string
  /** Epoch milliseconds. */
  readonly now: () => number
}

export interface AskedCrls extends CrlQuestion {
  readonly peerAddress: string | undefined
}

export type CrlFinding = (CrlVerdict & { readonly place: string }) | CrlFailure

/** Looks certificates up in the CRLs that speak for them: one for each distribution point, until all reasons are covered. */
export class CrlLookup {
  readonly #options: CrlLookupOptions

  constructor (options: CrlLookupOptions) {
    this.#options = options
  }

  hasSource (question: CrlQuestion): boolean {
    return this.#alternativesOf(question).length > 0
  }

  /** Whether an answer takes no waiting. */
  isAtHand (question: CrlQuestion): boolean {
    return this.#alternativesOf(question).every(({ sources }) => sources.some(source => this.#options.keeper.peek(source) !== undefined))
  }

  /** @param waitMs - for CRLs that nobody needed before, all together */
  async judge (question: AskedCrls, waitMs: number): Promise<CrlFinding> {
    const endMs = performance.now() + waitMs
    return await this.#through(question, async source => {
      const refusal = this.#refusalOf(source, question)
      return refusal ?? await this.#options.keeper.get(source, endMs - performance.now())
    })
  }

  /** What the CRLs that were got before say; undefined where there are none. */
  async judgeByWhatIsAtHand (question: CrlQuestion): Promise<CrlFinding> {
    return await this.#through(question, async source => await this.#options.keeper.find(source) ?? notAtHand)
  }

  /** Whether a CRL lists a certificate of which something else is known; only if it speaks for it at all. */
  judgeByOne (kept: KeptCrl, question: CrlQuestion): CrlFinding {
    const { now, policy } = this.#options
    const found = this.#alternativesOf(question).find(({ sources }) => sources.some(source => crlKey(source) === kept.key))
    if (found === undefined || kept.crl === undefined) return notAtHand
    const judged = judgeByCrl({ certificate: question.certificate, crl: kept.crl, points: found.points, nowMs: now(), policy: policy() })
    const finding = statusByCrls([judged])
    return finding.kind === 'failed' ? finding : { ...finding, place: kept.source.place }
  }

  /**
   * Of a delegate that signs OCSP responses and has no nocheck (ocsp.md 6.1). Undefined while nothing is at hand; then the
   * CRL is fetched for the next time.
   */
  delegateStatus (delegate: Certificate, issuer: Certificate, peerAddress: string | undefined): 'good' | 'revoked' | undefined {
    const { keeper, now, policy } = this.#options
    const question = { certificate: delegate, issuer, crl: undefined, crlIssuers: [], peerAddress }
    const judgements = this.#alternativesOf(question).map(({ sources, points }): CrlJudgement => {
      for (const source of sources) {
        const crl = keeper.peek(source)
        if (crl !== undefined) return judgeByCrl({ certificate: delegate, crl, points, nowMs: now(), policy: policy() })
        if (this.#refusalOf(source, question) === undefined) keeper.get(source, 0).catch(() => {})
      }
      return notAtHand
    })
    const finding = statusByCrls(judgements)
    return finding.kind === 'failed' ? undefined : finding.kind
  }

  #alternativesOf (question: CrlQuestion): readonly CrlAlternatives[] {
    return crlSourcesOf(question, this.#options.baseDir)
  }

  async #through (question: CrlQuestion, get: (source: CrlSource) => Promise<Awaited<ReturnType<CrlKeeper['get']>>>): Promise<CrlFinding> {
    const { now, policy } = this.#options
    const judgements: CrlJudgement[] = []
    let place = ''
    for (const { sources, points } of this.#alternativesOf(question)) {
      let judged: CrlJudgement = notAtHand
      for (const source of sources) {
        const crl = await get(source)
        judged = 'kind' in crl ? crl : judgeByCrl({ certificate: question.certificate, crl, points, nowMs: now(), policy: policy() })
        place = source.place
        if (judged.kind !== 'failed' || judged.code === 'CRL_ERR_LOADING') break
      }
      judgements.push(judged)
      if (judged.kind === 'revoked' || coverAllReasons(judgements)) break
    }
    const finding = statusByCrls(judgements)
    return finding.kind === 'failed' ? finding : { ...finding, place }
  }

  // What is kept already was let pass.
  #refusalOf (source: CrlSource, { issuer, peerAddress }: AskedCrls): CrlFailure | undefined {
    const { keeper, guard, budget, now } = this.#options
    if (!source.isGuarded || keeper.has(source)) return undefined
    const judged = judgeUrl(source.place, guard())
    const detail = judged.kind === 'refused' ? judged.detail : budget.refusalOf(source.place, { issuer, peerAddress }, now())
    return detail === undefined ? undefined : { kind: 'failed', code: 'CRL_ERR_URL_REFUSED', detail }
  }
}

const notAtHand: CrlFailure = { kind: 'failed', code: 'CRL_ERR_LOADING', detail: 'no CRL is at hand' }
