import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { ConnectionPool, Lease } from '../upstream/connection-pool.ts'
import type { Node } from '../upstream/node.ts'
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
  /** The protocol to upgrade to. */
  readonly upgrade: string | undefined
  readonly readTimeoutMs: number
}

type Raw = ReadonlyArray<Buffer | string>

/** One try to have a node answer a request. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly node: Node
  /** Bytes of the request may have reached the node. */
  wasSent = false
  readonly #sink: AttemptSink
  readonly #pool: ConnectionPool
  readonly #lease: Lease
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false

  /**
   * @param host - of a TLS upstream its `Host`, which is what the connection's SNI is made of; else empty
   * @param isFresh - over a new connection, whatever idle ones there are
   */
  constructor (sink: AttemptSink, node: Node, pool: ConnectionPool, host: string, isFresh: boolean) {
    this.#sink = sink
    this.node = node
    this.#pool = pool
    this.#lease = isFresh ? pool.takeFresh(host) : pool.take(host)
  }

  /** The connection had carried a request before: the node may have closed it without having seen this one. */
  get usedOldConnection (): boolean { return this.#lease.used }

  send ({ method, target, fields, body, upgrade, readTimeoutMs }: AttemptRequest): void {
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

  /** Gives the request up; nothing is told any more. */
  abort (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#controller?.abort(new Error('given up'))
    this.#pool.drop(this.#lease)
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.wasSent = true
  }

  onResponseStart (controller: Dispatcher.DispatchController, status: number, _headers: unknown, reason = ''): void {
    if (this.#isOver || status < 200) return
    this.#sink.attemptAnswered(status, reason, (controller.rawHeaders ?? []) as Raw) // HTTP/1: undici gives the list
  }

  onResponseData (_controller: unknown, chunk: Buffer): void {
    if (!this.#isOver) this.#sink.attemptBrought(chunk)
  }

  onResponseEnd (controller: Dispatcher.DispatchController): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#pool.giveBack(this.#lease)
    this.#sink.attemptEnded((controller.rawTrailers ?? []) as Raw)
  }

  onRequestUpgrade (controller: Dispatcher.DispatchController, status: number, _headers: unknown, socket: Duplex): void {
    if (this.#isOver) {
      socket.destroy()
      return
    }
    this.#isOver = true
    this.#pool.drop(this.#lease)
    this.#sink.attemptUpgraded(status, (controller.rawHeaders ?? []) as Raw, socket)
  }

  onResponseError (_controller: unknown, err: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#pool.drop(this.#lease)
    this.#sink.attemptFailed(judgeFailure(err))
  }
}

const noReset = { reset: false }
