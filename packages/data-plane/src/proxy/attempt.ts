import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { ConnectionPool, Lease } from '../upstream/connection-pool.ts'
import type { Target } from '../upstream/upstream-nodes.ts'
import { AttemptFigures } from './attempt-figures.ts'
import type { NodeAttempt } from './create-attempt.ts'
import { judgeFailure, type ForwardFailure } from './forward-failure.ts'
import type { RequestBody } from './request-body.ts'

/** Who is told what comes of an attempt. After `attemptEnded`, `attemptFailed` or `attemptUpgraded` nothing follows. */
export interface AttemptSink {
  attemptAnswered (status: number, reason: string, raw: ReadonlyArray<Buffer | string>): void
  attemptBrought (chunk: Buffer): void
  attemptEnded (trailers: ReadonlyArray<Buffer | string>): void
  attemptUpgraded (status: number, raw: ReadonlyArray<Buffer | string>, socket: Duplex): void
  attemptFailed (failure: ForwardFailure): void
}

export interface AttemptRequest {
  readonly method: string
  readonly target: string
  readonly fields: string[]
  readonly body: RequestBody | undefined
  /** Behind the body; asked for when it has ended. */
  readonly trailers: (() => readonly string[]) | undefined
  /** The protocol to upgrade to. */
  readonly upgrade: string | undefined
  readonly readTimeoutMs: number
}

type Raw = ReadonlyArray<Buffer | string>

/** One try to have a node answer over HTTP/1.1. */
export class Attempt implements NodeAttempt, Dispatcher.DispatchHandler {
  readonly node: Target
  wasSent = false
  readonly figures: AttemptFigures
  readonly #sink: AttemptSink
  readonly #pool: ConnectionPool
  readonly #lease: Lease
  #controller: Dispatcher.DispatchController | undefined
  #request: AttemptRequest | undefined
  #isOver = false

  /** @param clock - milliseconds, monotonic */
  constructor (sink: AttemptSink, node: Target, lease: Lease, pool: ConnectionPool, clock: () => number) {
    this.figures = new AttemptFigures(clock)
    this.#sink = sink
    this.node = node
    this.#pool = pool
    this.#lease = lease
  }

  get usedOldConnection (): boolean { return this.#lease.used }

  send (request: AttemptRequest): void {
    const { method, target, fields, body, upgrade, readTimeoutMs } = request
    this.#request = request
    this.#lease.client.dispatch({
      method,
      path: target,
      headers: fields,
      body: body as never, // a stream as far as undici asks (request-body.ts)
      upgrade: upgrade ?? null,
      headersTimeout: readTimeoutMs,
      bodyTimeout: readTimeoutMs,
      // undici closes after HEAD; it is right to after a body where none is expected
      ...(body === undefined ? noReset : {})
    }, this)
  }

  pause (): void { this.#controller?.pause() }

  resume (): void { this.#controller?.resume() }

  abort (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.figures.ended()
    this.#controller?.abort(new Error('given up'))
    this.#pool.drop(this.#lease)
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.wasSent = true
    this.figures.connected(this.#request)
  }

  onResponseStart (controller: Dispatcher.DispatchController, status: number, _headers: unknown, reason = ''): void {
    if (this.#isOver || status < 200) return
    const raw = (controller.rawHeaders ?? []) as Raw // HTTP/1: undici gives the list
    this.figures.answered(status, reason, raw)
    this.#sink.attemptAnswered(status, reason, raw)
  }

  onResponseData (_controller: unknown, chunk: Buffer): void {
    if (this.#isOver) return
    this.figures.bodyBytes += chunk.length
    this.#sink.attemptBrought(chunk)
  }

  onResponseEnd (controller: Dispatcher.DispatchController): void {
    if (this.#isOver) return
    this.#isOver = true
    this.figures.ended()
    this.#pool.giveBack(this.#lease)
    this.#sink.attemptEnded((controller.rawTrailers ?? []) as Raw)
  }

  onRequestUpgrade (controller: Dispatcher.DispatchController, status: number, _headers: unknown, socket: Duplex): void {
    if (this.#isOver) {
      socket.destroy()
      return
    }
    this.#isOver = true
    const raw = (controller.rawHeaders ?? []) as Raw
    this.figures.answered(status, '', raw)
    this.#pool.drop(this.#lease)
    this.#sink.attemptUpgraded(status, raw, socket)
  }

  onResponseError (_controller: unknown, err: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.figures.ended()
    this.#pool.drop(this.#lease)
    this.#sink.attemptFailed(judgeFailure(err))
  }
}

const noReset = { reset: false }
