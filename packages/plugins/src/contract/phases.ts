import type { RequestContext, ResponseHead } from './request-context.ts'

export interface PhaseResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** An object is sent as JSON and a line feed; without a body the gateway's own page for the status is sent. */
  readonly body?: string | Buffer | object
}

export type PhaseResult =
  | { readonly kind: 'continue' }
  | { readonly kind: 'respond', readonly response: PhaseResponse }

/** The one `continue`, so that a phase which has nothing to say allocates nothing. */
export const CONTINUE: PhaseResult = Object.freeze({ kind: 'continue' })

export interface RequestOutcome {
  /** The status that was sent; 499 when the client left before. */
  readonly status: number
  readonly source: 'gateway' | 'upstream' | 'error'
  readonly durationMs: number
  /** Undefined when no upstream was asked. */
  readonly upstreamMs: number | undefined
  readonly requestBytes: number
  readonly responseBytes: number
}

type MayAnswer = (context: RequestContext) => PhaseResult | Promise<PhaseResult>

/**
 * The phases a configured plugin wants; each is optional, and one that needs no waiting returns its result as it is.
 * A phase throws only when something broke: the client then gets a 500.
 */
export interface PluginPhases {
  /** Before every plugin's `rewrite`: may this client speak at all? */
  readonly admit?: MayAnswer
  readonly rewrite?: MayAnswer
  readonly access?: MayAnswer
  /** After the node is picked, again before every retry. */
  readonly beforeProxy?: MayAnswer
  /** The head of the response is known and not sent; change it in place. */
  readonly headerFilter?: (context: RequestContext, response: ResponseHead) => void
  /**
   * Every chunk of the body on its way to the client, and once more, with what may be empty, at the end: what is
   * returned goes out in its place. Whoever changes the length deletes `content-length` in `headerFilter`.
   */
  readonly bodyFilter?: (context: RequestContext, chunk: Buffer, isLast: boolean) => Buffer
  /** Always, exactly once. */
  readonly log?: (context: RequestContext, outcome: RequestOutcome) => void
  /** The configuration that this was made from is gone and its last request has ended. */
  readonly close?: () => void
}
