import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import type { ConnectionPool, Wanted } from '../upstream/connection-pool.ts'
import type { Target } from '../upstream/upstream-nodes.ts'
import { AttemptFigures } from './attempt-figures.ts'
import type { AttemptRequest, AttemptSink } from './attempt.ts'
import type { NodeAttempt } from './create-attempt.ts'
import { judgeFailure, UpstreamReadTimeoutError } from './forward-failure.ts'
import { IdleTimer } from './idle-timer.ts'
import { sendBody } from './send-body.ts'
import { trailersByName } from './trailers.ts'

/**
 * One try over HTTP/1.1 for a request that ends with trailers, which undici cannot send: by `node:http`, over a connection
 * of its own. Such requests are rare.
 */
export class TrailingAttempt implements NodeAttempt {
  readonly node: Target
  readonly figures: AttemptFigures
  readonly usedOldConnection = false
  wasSent = false
  readonly #sink: AttemptSink
  readonly #pool: ConnectionPool
  readonly #wanted: Wanted
  #outgoing: ClientRequest | undefined
  #incoming: IncomingMessage | undefined
  #request: AttemptRequest | undefined
  #silence: IdleTimer | undefined
  #isOver = false

  /** @param clock - milliseconds, monotonic */
  constructor (sink: AttemptSink, node: Target, pool: ConnectionPool, wanted: Wanted, clock: () => number) {
    this.figures = new AttemptFigures(clock)
    this.node = node
    this.#sink = sink
    this.#pool = pool
    this.#wanted = wanted
  }

  send (request: AttemptRequest): void {
    const { method, target, fields, body, readTimeoutMs } = request
    this.#request = request
    this.#silence = new IdleTimer(readTimeoutMs, () => this.#fail(new UpstreamReadTimeoutError()))
    this.#pool.dial(this.#wanted, (err, socket) => {
      if (this.#isOver) {
        socket?.destroy()
        return
      }
      if (socket === null) return this.#fail(err ?? new Error('no connection'))
      try {
        const outgoing = httpRequest({ method, path: target, headers: [...fields, 'Transfer-Encoding', 'chunked', 'Connection', 'close'], createConnection: () => socket })
        this.#outgoing = outgoing
        this.wasSent = true
        this.figures.connected(request)
        this.#silence?.restart()
        outgoing.on('error', (failure: Error) => this.#fail(failure)).on('response', (incoming: IncomingMessage) => this.#answered(incoming))
        body?.once('end', () => outgoing.addTrailers(trailersByName(request.trailers?.() ?? []))) // before the one that ends it
        if (body !== undefined) sendBody(body, outgoing, { onPart: () => this.#silence?.restart(), onFailure: failure => this.#fail(failure) })
      } catch (failure) { // the fields cannot be sent
        socket.destroy()
        this.#fail(failure as Error)
      }
    })
  }

  pause (): void {
    this.#silence?.stop()
    this.#incoming?.pause()
  }

  resume (): void {
    this.#silence?.restart()
    this.#incoming?.resume()
  }

  abort (): void {
    if (this.#finish()) this.#outgoing?.destroy()
  }

  #answered (incoming: IncomingMessage): void {
    if (this.#isOver) return
    this.#incoming = incoming
    const { statusCode = 0, statusMessage = '', rawHeaders } = incoming
    this.#silence?.restart()
    incoming.on('data', (chunk: Buffer) => {
      if (this.#isOver) return
      this.#silence?.restart()
      this.figures.bodyBytes += chunk.length
      this.#sink.attemptBrought(chunk)
    })
    incoming.on('end', () => this.#ended(incoming)).on('error', (err: Error) => this.#fail(err))
    this.figures.answered(statusCode, statusMessage, rawHeaders)
    this.#sink.attemptAnswered(statusCode, statusMessage, rawHeaders)
  }

  #ended (incoming: IncomingMessage): void {
    if (!this.#finish()) return
    this.#outgoing?.destroy() // whatever is left of the body, nobody wants it
    this.#sink.attemptEnded(incoming.rawTrailers)
  }

  #fail (err: Error): void {
    if (!this.#finish()) return
    this.#outgoing?.destroy()
    this.#sink.attemptFailed(judgeFailure(err))
  }

  /** @returns false if it was over before */
  #finish (): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#silence?.stop()
    this.figures.ended()
    this.#request?.body?.destroy()
    return true
  }
}
