import { afterFailure, afterStart, afterSuccess, breakerAllows, createBreaker, isTransportFailure, type AskAnswer, type AskFailure, type Breaker, type OcspClient, type OcspErrorCode } from '@clinch/ocsp-core'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { responderHost } from './client-question.ts'

export interface ClientBreakersOptions {
  readonly log: Logger
  /** Milliseconds from anywhere; only goes forward, so that a clock that is set suspends nobody. */
  readonly now: () => number
}

export type BreakerState = 'closed' | 'half-open' | 'open'

// A responder that never failed has no entry.
const maxOrigins = 1000

/**
 * Leaves responders alone that keep failing (ocsp.md 8.4): five transport failures in a row suspend an origin, and one
 * question at a time finds out whether it is back. Told once when it is suspended and once when it is back.
 */
export class ClientBreakers {
  readonly #options: ClientBreakersOptions
  readonly #breakers = new LRUCache<string, Breaker>({ max: maxOrigins })

  constructor (options: ClientBreakersOptions) {
    this.#options = options
  }

  /** The refusal to give in place of an answer; undefined: ask. */
  refusalOf (url: string): AskFailure | undefined {
    const nowMs = this.#options.now()
    const breaker = this.#breakers.get(originOf(url))
    if (breaker === undefined || breakerAllows(breaker, nowMs)) return undefined
    return { kind: 'failed', code: 'OCSP_ERR_RESPONDER_SUSPENDED', detail: `${responderHost(url) ?? 'the responder'} is left alone for a while`, retryAfterMs: breaker.closedToAllUntilMs - nowMs }
  }

  /** Whether the origin is suspended, a probe under way or not. */
  isOpen (url: string): boolean {
    return (this.#breakers.get(originOf(url))?.openings ?? 0) > 0
  }

  /** It sent a valid signature. */
  close (url: string): void {
    const origin = originOf(url)
    const breaker = this.#breakers.get(origin)
    if (breaker === undefined) return
    this.#breakers.set(origin, afterSuccess(breaker))
    if (breaker.openings > 0) this.#options.log.info({ responder: responderHost(url) }, 'responder is back')
  }

  /**
   * A client whose questions are judged and counted when they go out; they may have waited for their turn before.
   *
   * @param onBegin - told of each request that goes out
   */
  around (client: () => OcspClient, onBegin: (request: Buffer) => void): OcspClient {
    return {
      get deadlineMs () { return client().deadlineMs },
      ask: async (url, request, options) => await this.run(url, async () => {
        onBegin(request)
        return await client().ask(url, request, options)
      }),
      close: async () => {} // its owner's
    }
  }

  /** One question, if the origin may be asked, and its answer counted. */
  async run (url: string, send: () => Promise<AskAnswer | AskFailure>): Promise<AskAnswer | AskFailure> {
    const refusal = this.refusalOf(url)
    if (refusal !== undefined) return refusal
    this.#start(url)
    const answer = await send()
    this.#count(url, answer)
    return answer
  }

  /** By host, for the metrics. */
  get states (): ReadonlyMap<string, BreakerState> {
    const nowMs = this.#options.now()
    return new Map([...this.#breakers].map(([origin, breaker]) => [responderHost(origin) ?? origin, stateOf(breaker, nowMs)]))
  }

  #start (url: string): void {
    const origin = originOf(url)
    const breaker = this.#breakers.get(origin)
    if (breaker !== undefined) this.#breakers.set(origin, afterStart(breaker, this.#options.now()))
  }

  #count (url: string, answer: AskAnswer | AskFailure): void {
    // failures in a row are counted: an answer of any kind breaks the row, but ends no suspension
    if (answer.kind === 'failed' && isTransportFailure(answer.code)) this.#fail(url, answer.code)
    else if (!this.isOpen(url)) this.close(url)
  }

  #fail (url: string, code: OcspErrorCode): void {
    const origin = originOf(url)
    const nowMs = this.#options.now()
    const before = this.#breakers.get(origin) ?? createBreaker()
    const after = afterFailure(before, nowMs)
    this.#breakers.set(origin, after)
    if (before.openings > 0 || after.openings === 0) return
    this.#options.log.warn({ responder: responderHost(url), code, failures: after.failures, pauseMs: after.closedToAllUntilMs - nowMs }, 'responder suspended')
  }
}

function stateOf (breaker: Breaker, nowMs: number): BreakerState {
  if (breaker.openings === 0) return 'closed'
  return breaker.probing || breakerAllows(breaker, nowMs) ? 'half-open' : 'open'
}

function originOf (url: string): string {
  return URL.parse(url)?.origin ?? url
}
