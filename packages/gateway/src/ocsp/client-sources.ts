import { reasonNotToAsk, respondersFor, type AskOutcome } from '@clinch/ocsp-core'
import type { ClientAsker } from './client-asker.ts'
import type { ClientOutcome, DecidedOutcome, NoVerdict, StatusErrorCode } from './client-outcome.ts'
import type { ClientQuestion } from './client-question.ts'
import { revocationStands } from './client-settle.ts'
import type { CrlFinding, CrlLookup } from './crl-lookup.ts'

export interface ClientSourcesOptions {
  readonly asker: ClientAsker
  readonly crls: CrlLookup
  /** Epoch milliseconds. */
  readonly now: () => number
}

export type Source = 'ocsp' | 'crl'

/**
 * Asks about a client certificate where the policy says, one source after the other (ocsp.md 10.2 `prefer`, 10.4): the other
 * is asked when the first comes to no `good` or `revoked`. A revocation that either knows of wins. One deadline covers both.
 */
export class ClientSources {
  readonly #options: ClientSourcesOptions
  /** Those that have come to the CRLs. */
  readonly #atCrls = new WeakSet<ClientQuestion>()

  constructor (options: ClientSourcesOptions) {
    this.#options = options
  }

  /** Why there is no answer yet. */
  pendingCode (question: ClientQuestion): StatusErrorCode {
    if (this.#atCrls.has(question)) return 'CRL_ERR_LOADING'
    return this.#options.asker.hasBegun(question) ? 'OCSP_ERR_RESPONDER_TIMEOUT' : 'OCSP_ERR_OVERLOADED'
  }

  /**
   * Never rejects.
   *
   * @param revokedBy - the source of the revocation that is held, if one is: a `good` of the other one is confirmed there
   */
  async ask (question: ClientQuestion, deadlineMs: number, signal: AbortSignal, revokedBy?: Source): Promise<ClientOutcome> {
    const order = this.#orderOf(question)
    if (order.length === 0) return this.#reasonNotToAsk(question) ?? { kind: 'notApplicable', reason: 'noResponder' }
    const endMs = performance.now() + deadlineMs
    const undecided: ClientOutcome[] = []
    for (const [at, source] of order.entries()) {
      const outcome = await this.#askOne(source, question, this.#shareOf(order.slice(at), question, endMs - performance.now()), signal)
      if (outcome.kind === 'notApplicable') return outcome
      if (isDecisive(outcome)) return await this.#confirm(question, outcome, { order, deadlineMs: endMs - performance.now(), signal, revokedBy })
      undecided.push(outcome)
    }
    return summaryOf(undecided)
  }

  #orderOf (question: ClientQuestion): readonly Source[] {
    const { certificate, responder, prefer = 'ocsp' } = question
    const isThere = {
      ocsp: respondersFor(certificate, { override: responder }).length > 0,
      crl: this.#options.crls.hasSource(question)
    }
    return orders[prefer].filter(source => isThere[source])
  }

  // Who comes first leaves time to a source that has to be waited for.
  #shareOf (left: readonly Source[], question: ClientQuestion, leftMs: number): number {
    const needsTime = left.slice(1).some(source => source === 'ocsp' || !this.#options.crls.isAtHand(question))
    return needsTime ? leftMs / left.length : leftMs
  }

  async #askOne (source: Source, question: ClientQuestion, deadlineMs: number, signal: AbortSignal): Promise<ClientOutcome> {
    if (source === 'ocsp') return outcomeOfAsking(await this.#options.asker.ask(question, Math.max(1, deadlineMs), signal))
    const reason = this.#reasonNotToAsk(question)
    if (reason !== undefined) return reason
    this.#atCrls.add(question)
    return outcomeOfFinding(await this.#options.crls.judge(question, deadlineMs))
  }

  // Asking responders looks after itself.
  #reasonNotToAsk (question: ClientQuestion): ClientOutcome | undefined {
    const reason = reasonNotToAsk({ certificate: question.certificate, issuer: question.issuer, responders: this.#orderOf(question) }, this.#options.now())
    return reason === undefined ? undefined : outcomeOfAsking(reason)
  }

  // A good holds only if the other source, as far as it is at hand, knows of no revocation that still stands.
  async #confirm (question: ClientQuestion, outcome: DecidedOutcome, { order, deadlineMs, signal, revokedBy }: { readonly order: readonly Source[], readonly deadlineMs: number, readonly signal: AbortSignal, readonly revokedBy: Source | undefined }): Promise<ClientOutcome> {
    const { verdict } = outcome
    const other = verdict.source === 'ocsp' ? 'crl' : 'ocsp'
    if (verdict.kind !== 'good' || !order.includes(other)) return outcome
    if (other === 'ocsp' && revokedBy !== 'ocsp') return outcome
    const word = other === 'crl' ? outcomeOfFinding(await this.#options.crls.judgeByWhatIsAtHand(question)) : await this.#askOne('ocsp', question, deadlineMs, signal)
    if (!isDecisive(word)) return outcome
    if (word.verdict.kind === 'revoked') return revocationStands(word.verdict, verdict, this.#options.now()) ? word : outcome
    return revokedBy === other ? word : outcome
  }
}

const orders = {
  ocsp: ['ocsp', 'crl'],
  crl: ['crl', 'ocsp'],
  ocsp_only: ['ocsp'],
  crl_only: ['crl']
} as const satisfies Record<NonNullable<ClientQuestion['prefer']>, readonly Source[]>

function isDecisive (outcome: ClientOutcome): outcome is DecidedOutcome {
  return outcome.kind === 'byCrl' || (outcome.kind === 'verified' && outcome.verdict.kind !== 'unknown')
}

function outcomeOfAsking (outcome: AskOutcome): ClientOutcome {
  return outcome.kind === 'indeterminate' ? { ...outcome, awaitsCrl: false } : outcome
}

function outcomeOfFinding (finding: CrlFinding): ClientOutcome {
  if (finding.kind === 'failed') return { kind: 'indeterminate', code: finding.code, detail: finding.detail, awaitsCrl: true }
  const { place, ...verdict } = finding
  return { kind: 'byCrl', verdict, responder: place }
}

// A verified `unknown` says more than no verdict; else the preferred source's failure counts, and the other is told of.
function summaryOf (outcomes: readonly ClientOutcome[]): ClientOutcome {
  const failures = outcomes.filter((outcome): outcome is NoVerdict => outcome.kind === 'indeterminate')
  const [first, ...others] = failures
  const other = outcomes.find(({ kind }) => kind !== 'indeterminate')
  if (other !== undefined) return other
  if (first === undefined) return { kind: 'notApplicable', reason: 'noResponder' }
  const detail = [first.detail, ...others.map(({ code, detail }) => `${code}: ${detail}`)].join('; ')
  return { ...first, detail, awaitsCrl: failures.some(({ awaitsCrl }) => awaitsCrl) }
}
