import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { isHttp2Response, type ClientRequest, type ClientResponse } from './client.ts'

/** What clients may do on a connection of node's HTTP servers. */
export interface ClientEvents {
  readonly onRequest: (request: ClientRequest, response: ClientResponse) => void
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** `CONNECT`: the socket is no longer HTTP's. */
  readonly onConnect: (socket: Duplex) => void
  /** Something came that is no request. */
  readonly onFailure: (error: NodeJS.ErrnoException, socket: Duplex) => void
}

const longestCheckMs = 30_000
const shortestCheckMs = 500

/** How often node's servers look for connections whose head has taken too long; theirs is half a minute, however short that time is. */
export function checkIntervalOf (headersTimeoutMs: number): number {
  return Math.max(shortestCheckMs, Math.min(headersTimeoutMs / 2, longestCheckMs))
}

/**
 * Takes everything that comes from the clients of an HTTP/1 server, an HTTP/2 server or one of both.
 *
 * @param maxHeadFields - whoever sends more is refused with the request
 */
export function takeClientEvents (server: EventEmitter, maxHeadFields: number, { onRequest, onUpgrade, onConnect, onFailure }: ClientEvents): void {
  Object.assign(server, {
    maxHeadersCount: maxHeadFields + 1, // node drops what is beyond; one too many is enough to refuse
    requireHostHeader: false // it is required by the gateway, with its page
  })
  server.on('request', onRequest)
  server.on('checkContinue', (request: ClientRequest, response: ClientResponse) => {
    continueOnceRead(request, response)
    onRequest(request, response)
  })
  server.on('checkExpectation', onRequest) // as nginx has it, there is no other expectation to fail
  server.on('upgrade', onUpgrade)
  server.on('connect', (_request: ClientRequest, socketOrResponse: Duplex | ClientResponse) => {
    if (!('writeHead' in socketOrResponse)) onConnect(socketOrResponse)
    else if (isHttp2Response(socketOrResponse)) socketOrResponse.writeHead(405).end()
  })
  server.on('clientError', onFailure)
}

/**
 * `Expect: 100-continue`: the client is told to go on when its body is asked for, and never where the request is
 * answered without. Whether it sends the body all the same is then not known, so the connection ends (RFC 9110 10.1.1).
 */
function continueOnceRead (request: ClientRequest, response: ClientResponse): void {
  const mayStay = 'shouldKeepAlive' in response && response.shouldKeepAlive
  if ('shouldKeepAlive' in response) response.shouldKeepAlive = false
  request.once('resume', () => {
    if (response.headersSent || response.destroyed) return
    response.writeContinue()
    if ('shouldKeepAlive' in response) response.shouldKeepAlive = mayStay
  })
}
