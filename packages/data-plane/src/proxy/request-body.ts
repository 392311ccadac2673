import { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import { BodyTimeoutError, BodyTooLargeError, SendTimeoutError } from './forward-failure.ts'
import type { BodyCollector } from '@clinch/plugins'
import { IdleTimer } from './idle-timer.ts'
import type { ReadAhead } from './read-ahead.ts'

export interface RequestBodyOptions {
  /** What was read of the source before. */
  readonly ahead: ReadAhead | undefined
  readonly collector: BodyCollector | undefined
  readonly limitBytes: number
  /** How long the upstream may take nothing. */
  readonly sendTimeoutMs: number
  /** How long the client may send nothing; 0 for no limit. */
  readonly receiveTimeoutMs: number
}

/**
 * A request's body for one attempt: what undici takes for a stream, with nothing of a stream's machinery. Nothing is
 * read from the client before undici has a connection and asks for it, so until then another attempt can have it all;
 * and undici, which destroys the body of a request that fails, gets at this and never at the client's request.
 */
export class RequestBody extends EventEmitter {
  bytes = 0
  destroyed = false
  readonly #source: Readable
  readonly #options: RequestBodyOptions
  #aheadSent = 0
  #isPaused = false
  #isAttached = false
  readonly #idleClient: IdleTimer
  #stalled: NodeJS.Timeout | undefined

  constructor (source: Readable, options: RequestBodyOptions) {
    super()
    this.#source = source
    this.#options = options
    this.#idleClient = new IdleTimer(options.receiveTimeoutMs, () => this.emit('error', new BodyTimeoutError()))
    options.collector?.restart()
    this.on('error', ignore) // undici stops listening when the request is over, which an error may outlive
  }

  /** Something of the body was asked for; what is gone cannot be sent to another node. */
  get wasTouched (): boolean { return this.#isAttached && this.#options.ahead?.isWhole !== true }

  /** undici tells a stream by its having this and `on`; it pulls with `resume` and never pipes. */
  pipe (): never { throw new Error('not a stream to pipe') }

  resume (): void {
    clearTimeout(this.#stalled)
    if (this.destroyed) return
    this.#isPaused = false
    if (this.#options.ahead !== undefined && !this.#sendAhead(this.#options.ahead)) return
    if (!this.#isAttached) {
      this.#isAttached = true
      this.#source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
    }
    this.#idleClient.restart()
    this.#source.resume()
  }

  pause (): void {
    this.#isPaused = true
    this.#source.pause()
    this.#idleClient.stop()
    clearTimeout(this.#stalled)
    this.#stalled = setTimeout(() => this.emit('error', new SendTimeoutError()), this.#options.sendTimeoutMs)
  }

  /** What is left of the client's body is read and dropped, so that its connection can go on. */
  destroy (): void {
    if (this.destroyed) return
    this.destroyed = true
    clearTimeout(this.#stalled)
    this.#idleClient.stop()
    if (!this.#isAttached || this.#options.ahead?.isWhole === true) return
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.#source.resume()
  }

  /** @returns whether the source itself is next */
  #sendAhead ({ chunks, isWhole }: ReadAhead): boolean {
    while (this.#aheadSent < chunks.length) {
      const chunk = chunks[this.#aheadSent++] as Buffer // within the list
      this.#onData(chunk)
      if (this.#isPaused || this.destroyed) return false
    }
    if (isWhole && !this.#isAttached) {
      this.#isAttached = true
      this.emit('end')
    }
    return !isWhole
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isAttached) this.#idleClient.restart()
    this.bytes += chunk.length
    if (this.bytes > this.#options.limitBytes) {
      queueMicrotask(() => this.emit('error', new BodyTooLargeError())) // undici expects none while it calls resume
      return
    }
    this.#options.collector?.take(chunk)
    this.emit('data', chunk)
  }

  readonly #onEnd = (): void => {
    this.#idleClient.stop()
    this.#source.off('close', this.#onClose)
    this.emit('end')
  }

  readonly #onClose = (): void => {
    this.#idleClient.stop()
    this.emit('close')
  }
}

function ignore (): void {}
