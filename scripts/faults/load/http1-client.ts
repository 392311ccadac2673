import { Agent, request, type IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Http1Request {
  readonly method?: string
  readonly host: string
  readonly path: string
  readonly body?: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const answerTimeoutMs = 30_000

/** HTTP/1.1 over one connection, one request after the other. Nothing is sent twice. */
export class Http1Client {
  readonly #agent: Agent
  readonly #socket: Socket
  #isClosing = false

  constructor (socket: Socket) {
    this.#socket = socket
    this.#agent = new OneConnection(socket)
  }

  /** May another request be sent? Not when the server has closed the connection, or said that it will. */
  get isOpen (): boolean { return !this.#isClosing && this.#socket.readyState === 'open' && !this.#socket.readableEnded }

  /** Rejects when there is no whole answer. */
  async send ({ method = 'GET', host, path, body }: Http1Request): Promise<HttpAnswer> {
    const answered = Promise.withResolvers<HttpAnswer>()
    const asking = request({ agent: this.#agent, method, path, headers: { host, ...body === undefined ? {} : { 'content-length': Buffer.byteLength(body) } }, signal: AbortSignal.timeout(answerTimeoutMs) }, response => {
      if (response.headers.connection === 'close') this.#isClosing = true
      text(response).then(body => answered.resolve({ status: response.statusCode ?? 0, headers: response.headers, body }), answered.reject)
    })
    asking.on('error', answered.reject)
    asking.end(body)
    return await answered.promise
  }

  close (): void {
    this.#agent.destroy()
    this.#socket.destroy()
  }
}

class OneConnection extends Agent {
  #socket: Socket | undefined

  constructor (socket: Socket) {
    super({ keepAlive: true, maxSockets: 1 })
    this.#socket = socket
  }

  override createConnection (): Socket {
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined) throw new Error('the connection is gone')
    return socket
  }
}
