import { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { HeaderList, type PhaseResponse } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { PhaseStep } from '../phases/phase-step.ts'
import { runBodyFilters, runHeaderFilters } from '../phases/run-phases.ts'
import { breakOff, isHttp2Response, sendChunk, sendEnd, sendHead, sentHeadBytes, wasReceived, type ClientResponse } from './client.ts'
import { gatewayAnswer } from './gateway-answer.ts'
import type { GatewayContext } from './request-context.ts'
import { responseFields } from './response-fields.ts'
import type { CompiledSettings } from './settings.ts'
import { sendTrailers } from './trailers.ts'
import { acceptUpgrade } from './client-upgrade.ts'

type Raw = ReadonlyArray<Buffer | string>

const nothing = Buffer.alloc(0)

interface Flow {
  pause (): void
  resume (): void
}

/** Asked anew for each part of the answer: a request may get more of them on its way. */
export interface ResponseFilters {
  readonly headerFilters: ReadonlyArray<PhaseStep<'headerFilter'>>
  readonly bodyFilters: ReadonlyArray<PhaseStep<'bodyFilter'>>
}

/** The answer to a request on its way to the client: the head once, chunks as fast as they are taken, the end once. */
export class Reply {
  bytes = 0
  readonly #response: ClientResponse
  readonly #context: GatewayContext
  readonly #filters: ResponseFilters
  readonly #settings: CompiledSettings
  readonly #log: Logger
  #state: 'unsent' | 'started' | 'ended' | 'brokenOff' = 'unsent'
  #bytesLeft: number | undefined
  #isWaiting = false
  #isLimited = false

  constructor (response: ClientResponse, context: GatewayContext, filters: ResponseFilters, settings: CompiledSettings, log: Logger) {
    this.#response = response
    this.#context = context
    this.#filters = filters
    this.#settings = settings
    this.#log = log
  }

  /** The head is out: there can be no other answer. */
  get isStarted (): boolean { return this.#state !== 'unsent' }

  /** Of the head that was sent; 0 before. */
  get headBytes (): number { return this.isStarted ? sentHeadBytes(this.#response, this.#context.sentStatus, this.#context.sentFields) : 0 }

  /** After the client's side closed: it was not the client who left before the end. */
  get isWhole (): boolean { return this.#state === 'brokenOff' || (this.#state === 'ended' && wasReceived(this.#response)) }

  /** An answer of the gateway's own or of a plugin's. */
  answer (response: PhaseResponse): void {
    const { status, fields, body } = gatewayAnswer(response, this.#settings.serverToken, !isHttp2Response(this.#response))
    if (this.#start(status, '', fields)) this.#endWith(this.#filters.bodyFilters.length === 0 ? body : this.#filterBody(body ?? nothing, true))
  }

  /** @returns false if it cannot be sent; the client then has a page instead */
  startFromUpstream (status: number, reason: string, raw: Raw): boolean {
    const { fields, contentLength } = responseFields(raw, this.#settings.serverToken)
    this.#bytesLeft = contentLength
    return this.#start(status, reason, fields)
  }

  /** @param source - what the chunk is from; it is held while the client takes no more */
  chunk (chunk: Buffer, source: Flow | undefined): void {
    if (this.#state !== 'started' || this.#isBodiless) return
    if (this.#filters.bodyFilters.length > 0) return this.#filteredChunk(chunk, source)
    this.bytes += chunk.length
    if (this.#bytesLeft !== undefined && (this.#bytesLeft -= chunk.length) === 0) {
      this.#state = 'ended'
      return sendEnd(this.#response, chunk) // the last chunk and the end, and of a small body the head too, in one write
    }
    if (!sendChunk(this.#response, chunk) && !this.#isWaiting) this.#waitForClient(source)
  }

  end (trailers: Raw): void {
    if (this.#state !== 'started') return
    if (this.#filters.bodyFilters.length > 0) {
      const last = this.#filterBody(nothing, true)
      if (last === undefined) return
      if (last.length > 0 && !this.#isBodiless) this.#send(last, undefined)
    }
    this.#state = 'ended'
    if (trailers.length > 0) sendTrailers(this.#response, trailers)
    sendEnd(this.#response, undefined)
  }

  /** @returns false if the head could not be sent; the connection is then gone */
  switchProtocols (socket: Duplex, status: number, protocol: string, raw: Raw): boolean {
    const fields = this.#filter(status, responseFields(raw, this.#settings.serverToken).fields)
    try {
      if (fields !== undefined && this.#response instanceof ServerResponse) {
        acceptUpgrade(this.#response, socket, status, protocol, fields)
        this.#state = 'started'
        return true
      }
    } catch (err) {
      this.#log.error({ err, reqId: this.#context.id, status }, 'response head cannot be sent')
    }
    this.breakOff()
    return false
  }

  /** What was sent cannot be completed. @param http2Code - why, where the upstream said so */
  breakOff (http2Code?: number): void {
    this.#state = 'brokenOff'
    breakOff(this.#response, http2Code)
  }

  /** Whatever there is of a body, it does not belong to this answer. [RFC 9110 6.4.1] */
  get #isBodiless (): boolean {
    return this.#context.method === 'HEAD' || isBodilessStatus(this.#context.sentStatus)
  }

  #filteredChunk (chunk: Buffer, source: Flow | undefined): void {
    const filtered = this.#filterBody(chunk, false)
    if (filtered !== undefined && filtered.length > 0) this.#send(filtered, source)
  }

  #send (chunk: Buffer, source: Flow | undefined): void {
    this.bytes += chunk.length
    if (!sendChunk(this.#response, chunk) && !this.#isWaiting) this.#waitForClient(source)
  }

  /** Undefined when a filter threw: the response was broken off. */
  #filterBody (chunk: Buffer, isLast: boolean): Buffer | undefined {
    const filtered = runBodyFilters(this.#filters.bodyFilters, this.#context, chunk, isLast, this.#log)
    if (filtered === undefined) this.breakOff()
    return filtered
  }

  #waitForClient (source: Flow | undefined): void {
    const { clientSendTimeoutMs } = this.#settings
    this.#isWaiting = true
    source?.pause()
    if (clientSendTimeoutMs > 0) this.#limitSilence(clientSendTimeoutMs)
    this.#response.once('drain', () => {
      this.#isWaiting = false
      if (clientSendTimeoutMs > 0) this.#response.setTimeout(0)
      source?.resume()
    })
  }

  // Node's own timeout of a connection or stream starts again with every part of a write that the client took.
  #limitSilence (timeoutMs: number): void {
    this.#response.setTimeout(timeoutMs)
    if (this.#isLimited) return
    this.#isLimited = true
    this.#response.on('timeout', () => breakOff(this.#response))
  }

  #start (status: number, reason: string, fields: string[]): boolean {
    const filtered = this.#filter(status, fields)
    try {
      if (filtered !== undefined) {
        const { sentStatus } = this.#context
        sendHead(this.#response, sentStatus, sentStatus === status ? reason : '', filtered)
        this.#state = 'started'
        return true
      }
    } catch (err) {
      this.#log.error({ err, reqId: this.#context.id, status }, 'response head cannot be sent')
    }
    this.#answerPlainly(filtered === undefined ? 500 : 502)
    return false
  }

  // The plugins were asked and it came to nothing: this page goes out as it is.
  #answerPlainly (status: number): void {
    const { fields, body } = gatewayAnswer({ status }, this.#settings.serverToken, !isHttp2Response(this.#response))
    this.#context.sentStatus = status
    this.#context.sentFields = fields
    sendHead(this.#response, status, '', fields)
    this.#endWith(body)
  }

  #endWith (body: Buffer | undefined): void {
    this.#state = 'ended'
    const sent = this.#isBodiless ? undefined : body
    this.bytes = sent?.length ?? 0
    sendEnd(this.#response, sent)
  }

  #filter (status: number, fields: string[]): string[] | undefined {
    const context = this.#context
    const statuses = context.upstreamStatuses
    if (statuses.length > 0 && (this.#settings.showUpstreamStatus || (statuses.at(-1) ?? 0) >= 500)) {
      fields.push('X-APISIX-Upstream-Status', statuses.join(', '))
    }
    context.sentStatus = status
    context.sentFields = fields
    if (this.#filters.headerFilters.length === 0) return fields
    const head = { status, headers: new HeaderList(fields) }
    if (!runHeaderFilters(this.#filters.headerFilters, context, head, this.#log)) return undefined
    if (isBodilessStatus(head.status) !== isBodilessStatus(status)) head.headers.delete('content-length') // of a body that comes to nothing, or was not to come
    context.sentStatus = head.status
    context.sentFields = head.headers.raw
    return head.headers.raw
  }
}

function isBodilessStatus (status: number): boolean {
  return status === 204 || status === 304
}
