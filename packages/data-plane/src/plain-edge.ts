import { createServer, type Server } from 'node:http'
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { PlainConnection } from './plain-connection.ts'
import type { ProxiedConnection } from './proxy-protocol/proxied-connection.ts'
import { announceEnd, announceEndAfterUse, makeLast } from './last-use.ts'
import { readBeginning } from './read-beginning.ts'
import { checkIntervalOf, takeClientEvents, type ClientEvents } from './proxy/client-events.ts'
import { defaultClientLimits, type ClientLimits } from './proxy/client-limits.ts'
import { limitControlFrames } from './proxy/control-frames.ts'
import { http2OptionsOf, isMisuse } from './proxy/http2-limits.ts'
import { wantsUpgrade } from './proxy/request-handler.ts'

export interface PlainEdgeSettings {
  readonly keepAliveTimeoutMs: number
  readonly headersTimeoutMs: number
  /** HTTP/2 with prior knowledge is spoken as well (RFC 9113 3.3). */
  readonly http2: boolean
  readonly limits?: ClientLimits
}

export interface PlainEdgeEvents extends ClientEvents {
  /** A connection of HTTP/2 is ended for what its client does. */
  readonly onMisuse?: () => void
}

/** Plain HTTP on accepted sockets: HTTP/1, or HTTP/2 where a client begins with its preface. Its servers do not listen. */
export class PlainEdge {
  readonly #settings: PlainEdgeSettings
  readonly #http1: Server
  readonly #http2: Http2Server | undefined
  readonly #sessions = new Set<ServerHttp2Session>()
  /** Sockets that have not yet begun to speak. */
  readonly #silent = new Set<Socket>()
  #isWindingDown = false

  constructor (settings: PlainEdgeSettings, events: PlainEdgeEvents) {
    const { keepAliveTimeoutMs, headersTimeoutMs, http2, limits = defaultClientLimits } = settings
    this.#settings = settings
    this.#http1 = createServer({ keepAliveTimeout: keepAliveTimeoutMs, headersTimeout: headersTimeoutMs, requestTimeout: 0, connectionsCheckingInterval: checkIntervalOf(headersTimeoutMs), maxHeaderSize: limits.maxHeadBytes, shouldUpgradeCallback: wantsUpgrade })
    takeClientEvents(this.#http1, limits.maxHeadFields, {
      ...events,
      onRequest: (request, response) => {
        if (this.#isWindingDown) makeLast(response)
        events.onRequest(request, response)
      }
    })
    this.#http1.emit('listening') // starts the watch over slow heads, which a server that listens starts by itself
    if (!http2) return
    this.#http2 = createHttp2Server(http2OptionsOf(limits))
    takeClientEvents(this.#http2, limits.maxHeadFields, events)
    const { onMisuse = () => {} } = events
    this.#http2.on('sessionError', error => { if (isMisuse(error)) onMisuse() }) // the session is closed by it
    this.#http2.on('session', session => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      if (this.#isWindingDown) announceEndAfterUse(session)
      limitControlFrames(session, limits, () => performance.now(), onMisuse)
      session.setTimeout(keepAliveTimeoutMs, () => { session.close() })
    })
  }

  accept (socket: Socket, proxied?: ProxiedConnection): void {
    if (this.#http2 === undefined) return this.#serveHttp1(socket, proxied)
    this.#silent.add(socket)
    readBeginning(socket, preface, this.#settings.headersTimeoutMs, beginsWithPreface => {
      this.#silent.delete(socket)
      if (beginsWithPreface === undefined) {
        socket.destroy()
      } else if (beginsWithPreface) {
        this.#serveHttp2(socket, proxied)
      } else {
        this.#serveHttp1(socket, proxied)
        socket.resume() // what was put back comes first
      }
    })
  }

  #serveHttp1 (socket: Socket, proxied: ProxiedConnection | undefined): void {
    if (proxied !== undefined) PlainConnection.of(socket, socket, proxied)
    this.#http1.emit('connection', socket)
  }

  #serveHttp2 (socket: Socket, proxied: ProxiedConnection | undefined): void {
    this.#http2?.once('session', session => PlainConnection.of(session, socket, proxied)) // it is made at once
    this.#http2?.emit('connection', socket)
  }

  /** Every connection may be used once more; its client is told not to come again over it. */
  windDown (keepAliveTimeoutMs: number): void {
    this.#isWindingDown = true
    this.#http1.keepAliveTimeout = keepAliveTimeoutMs // of those that fall idle from here on
    for (const session of this.#sessions) announceEnd(session)
  }

  /** Lets what is in flight end and closes what is idle. */
  close (): void {
    for (const socket of this.#silent) socket.destroy()
    for (const session of this.#sessions) session.close()
    this.#http1.close()
    this.#http1.closeIdleConnections()
  }
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
