import { askStatus, judgeUrl, respondersFor, verifyResponse, type AskAnswer, type AskFailure, type AskOptions, type AskOutcome, type Certificate, type HashMemory, type OcspClient, type RequestHash, type UrlGuard, type VerifyPolicy } from '@clinch/ocsp-core'
import { AskingLimits } from './asking-limits.ts'
import type { ClientBreakers } from './client-breakers.ts'
import type { ClientQuestion } from './client-question.ts'
import type { ClientUrlBudget } from './client-url-budget.ts'
import { askResult, type FetchMetrics } from './fetch-metrics.ts'

export interface ClientAskerOptions {
  readonly client: () => OcspClient
  readonly maxInFlight: () => number
  readonly maxPerResponder: () => number
  readonly breakers: ClientBreakers
  readonly hashMemory: HashMemory
  readonly pinnedHash: () => RequestHash | undefined
  readonly policy: () => VerifyPolicy
  /** For URLs that come out of certificates. */
  readonly guard: () => UrlGuard
  readonly budget: ClientUrlBudget
  /** What the issuer's CRL says of a delegate without nocheck; undefined: nothing is known. */
  readonly delegateStatus: (delegate: Certificate, question: ClientQuestion) => 'good' | 'revoked' | undefined
  readonly metrics: FetchMetrics
  readonly now: () => number
}

/**
 * Asks responders about client certificates. A question passes the guard and the breaker, waits for its place among those
 * that are under way, and passes the breaker once more, since the responder may have failed meanwhile. Where the URL comes out of the certificate it must pass the guard, and the
 * distinct URLs that one client address or one CA makes the gateway ask are limited (ocsp.md 10.1). What an operator has
 * configured passes.
 */
export class ClientAsker {
  readonly #options: ClientAskerOptions
  readonly #limits: AskingLimits
  /** Whose turn has come; the others wait for a place. */
  readonly #begun = new WeakSet<ClientQuestion>()
  readonly #questions = new WeakMap<Buffer, ClientQuestion>()

  constructor (options: ClientAskerOptions) {
    this.#options = options
    const { client, breakers, maxInFlight, maxPerResponder } = options
    const outgoing = breakers.around(client, request => {
      const question = this.#questions.get(request)
      if (question !== undefined) this.#begun.add(question)
    })
    this.#limits = new AskingLimits({ client: () => outgoing, maxInFlight, maxPerResponder })
  }

  /** Whether a responder has been asked, or there was no place for the question yet. */
  hasBegun (question: ClientQuestion): boolean {
    return this.#begun.has(question)
  }

  /** Never rejects. */
  async ask (question: ClientQuestion, deadlineMs: number, signal: AbortSignal): Promise<AskOutcome> {
    const { certificate, issuer, responder } = question
    const { pinnedHash, hashMemory, now, guard, metrics } = this.#options
    return await metrics.measure('client', async () => await askStatus({
      certificate,
      issuer,
      responders: respondersFor(certificate, { override: responder }),
      client: this.#clientFor(question),
      policy: this.#policyFor(question),
      pinnedHash: pinnedHash(),
      now,
      hashMemory,
      deadlineMs,
      signal,
      guarded: responder === undefined ? guard() : false
    }), askResult)
  }

  #clientFor (question: ClientQuestion): OcspClient {
    const { breakers } = this.#options
    return {
      deadlineMs: this.#limits.deadlineMs,
      ask: async (url: string, request: Buffer, options: AskOptions = {}): Promise<AskAnswer | AskFailure> => {
        // judged before it waits for its turn, so that what is refused costs nobody a place
        const refusal = this.#refusalOf(url, question, options) ?? breakers.refusalOf(url)
        if (refusal !== undefined) return refusal
        this.#questions.set(request, question)
        const answer = await this.#limits.ask(url, request, options)
        if (answer.kind === 'answer' && breakers.isOpen(url) && this.#isGenuine(answer.der, question)) breakers.close(url)
        return answer
      },
      close: async () => {} // its owner's
    }
  }

  #policyFor (question: ClientQuestion): VerifyPolicy {
    const { policy, delegateStatus } = this.#options
    return { ...policy(), delegateStatus: delegate => delegateStatus(delegate, question) }
  }

  #refusalOf (url: string, question: ClientQuestion, { guarded = false }: AskOptions): AskFailure | undefined {
    if (typeof guarded !== 'object') return undefined
    const judged = judgeUrl(url, guarded)
    if (judged.kind === 'refused') return refused(judged.detail)
    const refusal = this.#options.budget.refusalOf(url, question, this.#options.now())
    return refusal === undefined ? undefined : refused(refusal)
  }

  // Whatever it says: the responder is back.
  #isGenuine (der: Buffer, question: ClientQuestion): boolean {
    const { certificate, issuer } = question
    return verifyResponse({ der, certificate, issuer, nowMs: this.#options.now(), policy: { ...this.#policyFor(question), nonce: 'off' } }).kind !== 'indeterminate'
  }
}

function refused (detail: string): AskFailure {
  return { kind: 'failed', code: 'OCSP_ERR_URL_REFUSED', detail }
}
