import { constants, type ClientHttp2Stream } from 'node:http2'
import type { SessionLease } from '../upstream/http2/session-pool.ts'
import type { Target } from '../upstream/upstream-nodes.ts'
import { AttemptFigures } from './attempt-figures.ts'
import type { AttemptRequest, AttemptSink } from './attempt.ts'
import type { NodeAttempt } from './create-attempt.ts'
import { judgeFailure, StreamResetError, UpstreamReadTimeoutError } from './forward-failure.ts'
import { grpcFields, readGrpcHead } from './grpc-fields.ts'
import type { RequestBody } from './request-body.ts'
import { sendBody } from './send-body.ts'
import { trailersByName } from './trailers.ts'

/** One try to have a node answer over HTTP/2: messages stream both ways, trailers and resets are handed on. */
export class GrpcAttempt implements NodeAttempt {
  readonly node: Target
  readonly figures: AttemptFigures
  wasSent = false
  readonly #sink: AttemptSink
  readonly #lease: SessionLease
  readonly #isTls: boolean
  #stream: ClientHttp2Stream | undefined
  #body: RequestBody | undefined
  #trailers: readonly string[] = []
  /** What ends the stream is known before it is closed. */
  #error: Error | undefined
  #silence: NodeJS.Timeout | undefined
  #isOver = false

  constructor (sink: AttemptSink, node: Target, lease: SessionLease, isTls: boolean, clock: () => number) {
    this.figures = new AttemptFigures(clock)
    this.node = node
    this.#sink = sink
    this.#lease = lease
    this.#isTls = isTls
  }

  get usedOldConnection (): boolean { return this.#lease.used }

  send (request: AttemptRequest): void {
    this.#body = request.body
    this.#lease.session((err, session) => {
      if (this.#isOver) return
      if (session === undefined) return this.#fail(err ?? new Error('no connection'))
      try {
        this.#sendOver(session.request(grpcFields(request, this.#isTls), { endStream: request.body === undefined, waitForTrailers: request.trailers !== undefined }), request)
      } catch (failure) { // the connection just ended, or the fields cannot be sent
        this.#fail(failure as Error)
      }
    })
  }

  pause (): void {
    clearTimeout(this.#silence)
    this.#stream?.pause()
  }

  resume (): void {
    this.#silence?.refresh()
    this.#stream?.resume()
  }

  abort (): void {
    if (!this.#finish()) return
    this.#stream?.close(constants.NGHTTP2_CANCEL)
    if (this.#stream === undefined) this.#lease.giveBack()
  }

  #sendOver (stream: ClientHttp2Stream, request: AttemptRequest): void {
    this.#stream = stream
    this.wasSent = true
    this.figures.connected(request)
    this.#silence = setTimeout(() => {
      this.#fail(new UpstreamReadTimeoutError())
      stream.close(constants.NGHTTP2_CANCEL)
    }, request.readTimeoutMs)
    stream.on('error', (err: Error) => { this.#error = err })
    stream.on('close', () => this.#closed(stream))
    stream.on('response', (_headers, flags, raw) => this.#answered(raw, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0))
    stream.on('trailers', (_headers, _flags, raw) => { this.#trailers = raw })
    stream.on('data', (chunk: Buffer) => {
      if (this.#isOver) return
      this.#silence?.refresh()
      this.figures.bodyBytes += chunk.length
      this.#sink.attemptBrought(chunk)
    })
    stream.on('end', () => { if (stream.rstCode === constants.NGHTTP2_NO_ERROR) this.#ended() }) // a reset ends it too, and then closes it
    if (request.trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailersByName(request.trailers?.() ?? [])))
    if (request.body !== undefined) sendBody(request.body, stream, { onPart: () => this.#silence?.refresh(), onFailure: err => this.#fail(err) })
  }

  #answered (raw: readonly string[], isWhole: boolean): void {
    if (this.#isOver) return
    const { status, fields, trailers } = readGrpcHead(raw, isWhole)
    this.#silence?.refresh()
    this.#trailers = trailers
    this.figures.answered(status, '', fields)
    this.#sink.attemptAnswered(status, '', fields)
  }

  #ended (): void {
    if (!this.#finish()) return
    this.#sink.attemptEnded(this.#trailers)
  }

  #closed (stream: ClientHttp2Stream): void {
    this.#lease.giveBack()
    if (this.#isOver) return
    if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) this.wasSent = false // RFC 9113 8.7: not processed
    const error = this.#error
    this.#fail(error === undefined || isReset(error) ? new StreamResetError(stream.rstCode) : error)
  }

  #fail (err: Error): void {
    if (!this.#finish()) return
    if (this.#stream === undefined) this.#lease.giveBack()
    else this.#stream.close(constants.NGHTTP2_CANCEL)
    this.#sink.attemptFailed(judgeFailure(err))
  }

  /** @returns false if it was over before */
  #finish (): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    clearTimeout(this.#silence)
    this.figures.ended()
    this.#body?.destroy()
    return true
  }
}

function isReset (err: Error): boolean {
  return 'code' in err && err.code === 'ERR_HTTP2_STREAM_ERROR'
}
