import type { RequestOutcome } from '@clinch/plugins'
import type { AttemptFigures } from './attempt-figures.ts'

/** What a request has taken until now, and in the end what it took. */
export class RequestFigures {
  readonly attempts: AttemptFigures[] = []
  /** Of the body that came; 0 until somebody takes it. */
  requestBody: { readonly bytes: number } | undefined
  /** What was sent to the client: octets of the head, as far as that is known, and of the body. */
  reply: { readonly bytes: number, readonly headBytes: number } = nothingSent
  /** Once it is over: what was sent, 499 when the client left before. */
  status: number | undefined
  readonly #clock: () => number
  readonly #startedAt: number
  #forwardedAt: number | undefined
  #answeredAt: number | undefined
  #endedAt: number | undefined

  /** @param clock - milliseconds, monotonic */
  constructor (clock: () => number) {
    this.#clock = clock
    this.#startedAt = clock()
  }

  /** From here on it is the upstream's. */
  forwarded (): void {
    this.#forwardedAt = this.#clock()
  }

  /** The upstream has said all. */
  answered (): void {
    this.#answeredAt = this.#clock()
  }

  ended (status: number, source: RequestOutcome['source']): RequestOutcome {
    this.#endedAt = this.#clock()
    this.status = status
    return {
      status,
      source,
      durationMs: this.elapsedMs,
      upstreamMs: this.#forwardedAt === undefined ? undefined : (this.#answeredAt ?? this.#endedAt) - this.#forwardedAt,
      requestBytes: this.requestBody?.bytes ?? 0,
      responseBytes: this.reply.bytes
    }
  }

  get elapsedMs (): number { return (this.#endedAt ?? this.#clock()) - this.#startedAt }
  /** Since the upstream was first asked. */
  get forwardedMs (): number { return this.#forwardedAt === undefined ? 0 : this.#clock() - this.#forwardedAt }
}

const nothingSent = { bytes: 0, headBytes: 0 }
