import { headBytes } from './head-bytes.ts'

interface SentRequest {
  readonly method: string
  readonly target: string
  readonly fields: readonly string[]
  readonly body: { readonly bytes: number } | undefined
}

interface AnswerHead {
  readonly status: number
  readonly reason: string
  readonly raw: ReadonlyArray<Buffer | string>
}

/**
 * What one attempt has taken until now: milliseconds from its start, and octets of HTTP as it is written in version 1.1,
 * without TLS and the framing of chunks. Octets are counted when somebody asks.
 */
export class AttemptFigures {
  /** Of the answer's body. */
  bodyBytes = 0
  readonly #clock: () => number
  readonly #startedAt: number
  #connectedAt: number | undefined
  #answeredAt: number | undefined
  #endedAt: number | undefined
  #request: SentRequest | undefined
  #answer: AnswerHead | undefined

  /** @param clock - milliseconds, monotonic */
  constructor (clock: () => number) {
    this.#clock = clock
    this.#startedAt = clock()
  }

  /** There is a connection, kept or new; the request goes out over it. */
  connected (request: SentRequest | undefined): void {
    this.#connectedAt ??= this.#clock()
    this.#request = request
  }

  answered (status: number, reason: string, raw: AnswerHead['raw']): void {
    this.#answeredAt = this.#clock()
    this.#answer = { status, reason, raw }
  }

  /** Well or badly. */
  ended (): void {
    this.#endedAt ??= this.#clock()
  }

  /** Undefined: there was no connection. */
  get connectMs (): number | undefined { return this.#upTo(this.#connectedAt) }
  /** Undefined: no head came back. */
  get headerMs (): number | undefined { return this.#upTo(this.#answeredAt) }
  get responseMs (): number { return (this.#endedAt ?? this.#clock()) - this.#startedAt }

  get bytesSent (): number {
    if (this.#request === undefined) return 0
    const { method, target, fields, body } = this.#request
    return headBytes(`${method} ${target} HTTP/1.1`, fields) + (body?.bytes ?? 0)
  }

  get bytesReceived (): number {
    if (this.#answer === undefined) return 0
    const { status, reason, raw } = this.#answer
    return headBytes(`HTTP/1.1 ${status} ${reason}`, raw) + this.bodyBytes
  }

  #upTo (instant: number | undefined): number | undefined {
    return instant === undefined ? undefined : instant - this.#startedAt
  }
}
