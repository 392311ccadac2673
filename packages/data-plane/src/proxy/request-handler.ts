import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RequestContext, RequestOutcome } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { Connection } from '../connection.ts'
import type { RequestSnapshot } from '../snapshot/snapshot.ts'
import { makeLast } from '../last-use.ts'
import { isHttp2Request, type ClientRequest, type ClientResponse } from './client.ts'
import type { GatewayContext } from './request-context.ts'
import { answerClientFailure, refuseConnection } from './client-failure.ts'
import { Exchange } from './exchange.ts'
import type { ExchangeHost } from './exchange-host.ts'
import { noClaims, type PluginClaims } from './plugin-claims.ts'
import { compileSettings, type ProxySettings } from './settings.ts'
import { endSoon } from './tunnel.ts'
import { watchForLeaving } from './client-upgrade.ts'

export interface RequestHandlerOptions {
  /** Asked once per request, which then keeps to what it got. */
  readonly snapshot: () => RequestSnapshot
  /** What the plugins that are loaded want of every request. */
  readonly claims?: () => PluginClaims
  readonly settings: ProxySettings
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds, monotonic. */
  readonly monotonicNow?: () => number
  /** Writes the line of a request that is over, after the plugins' log phases. */
  readonly accessLog?: ((context: GatewayContext) => void) | undefined
  /** Told of every request when it is over. */
  readonly onRequestEnd?: (context: RequestContext, outcome: RequestOutcome) => void
}

export interface RequestHandler {
  /** For `request` of HTTP/1 servers and of HTTP/2 servers in compatibility mode. */
  handleRequest (request: ClientRequest, response: ClientResponse, connection: Connection): void
  /** For `upgrade`; see `wantsUpgrade`. */
  handleUpgrade (request: IncomingMessage, socket: Duplex, head: Buffer, connection: Connection): void
  /** For `connect` of HTTP/1 servers: the gateway is no tunnel. */
  handleConnect (socket: Duplex): void
  /** For `clientError`; see `answerClientFailure`. */
  handleFailure (error: NodeJS.ErrnoException, socket: Duplex): void
  /** Requests and tunnels that are not over. */
  inFlight (): number
  /** Those, and all before them. */
  total (): number
}

export function createRequestHandler ({ snapshot, claims = () => noClaims, settings, log, now, monotonicNow = () => performance.now(), accessLog, onRequestEnd }: RequestHandlerOptions): RequestHandler {
  const compiled = compileSettings(settings)
  const { clientMaxRequests: maxRequests } = compiled
  let inFlight = 0
  let total = 0
  const host: ExchangeHost = {
    snapshot,
    claims,
    settings: compiled,
    log,
    now,
    monotonicNow,
    ended (context, outcome) {
      inFlight--
      accessLog?.(context)
      onRequestEnd?.(context, outcome)
    }
  }
  return {
    handleRequest (request, response, connection) {
      if (connection.isAtEnd === true) return // pipelined behind a last request, or behind one that two could read in two ways
      if (connection.requests + 1 >= maxRequests) endWith(request, response, connection)
      inFlight++
      total++
      new Exchange(host, request, response, connection).start()
    },
    handleUpgrade (request, socket, head, connection) {
      inFlight++
      total++
      socket.on('error', ignore)
      new Exchange(host, request, responseOn(request, socket), connection, { socket, head, stopWatching: watchForLeaving(socket) }).start()
    },
    handleConnect (socket) {
      socket.on('error', ignore)
      refuseConnection(socket, 405, settings.serverToken)
    },
    handleFailure (error, socket) {
      log.debug({ err: error, peer: (socket as Socket).remoteAddress }, 'client sent no request')
      answerClientFailure(error, socket, settings.serverToken)
    },
    inFlight: () => inFlight,
    total: () => total
  }
}

/** The connection has carried what it may: its client is told not to come again over it. */
function endWith (request: ClientRequest, response: ClientResponse, connection: Connection): void {
  if (isHttp2Request(request)) {
    request.stream.session?.close()
  } else {
    connection.isAtEnd = true
    makeLast(response)
  }
}

/**
 * For `shouldUpgradeCallback` of the servers: only WebSocket leaves HTTP here. Another protocol that a client offers
 * (`h2c`, as some do with every first request) is for the gateway to decline, and the request is one like any other.
 */
export function wantsUpgrade ({ method, headers }: IncomingMessage): boolean {
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false
  return headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0' // a body would be taken for the tunnel's first bytes
}

// The upstream may decline, and then the client gets its answer as to any request; the connection ends with it.
function responseOn (request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket) // of a TLS server a TLSSocket, which is one
  response.on('finish', () => endSoon(socket))
  return response
}

function ignore (): void {}
