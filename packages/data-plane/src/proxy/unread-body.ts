import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { isHttp2Request, isHttp2Response, type ClientRequest, type ClientResponse } from './client.ts'
import { IdleTimer } from './idle-timer.ts'

/** How much of a body that nobody wants is read after the answer; the connection ends with what is beyond. */
export interface LingeringLimits {
  readonly maxBytes: number
  readonly maxMs: number
  /** Between two parts of it. */
  readonly maxSilenceMs: number
}

/**
 * Sees to what a client still sends of a body when its answer is out already. HTTP/1.1 has no way to stop it: a connection
 * that is closed under a client that sends is reset, and the answer may be lost with it, so the rest is read and dropped,
 * within limits. An HTTP/2 client is told that no more is wanted (RFC 9113 8.1).
 *
 * To be called with the request.
 */
export function dropUnread (request: ClientRequest, response: ClientResponse, limits: LingeringLimits): void {
  if (isHttp2Request(request)) {
    // all of the answer but its end is written; node, which listened first, writes that in the next turn
    if (isHttp2Response(response)) response.stream.once('wantTrailers', () => setImmediate(stopClient, request))
  } else {
    response.prependListener('finish', () => { if (!request.complete) dropRest(request, limits) }) // before node ends the connection
  }
}

const NO_ERROR = 0 // NGHTTP2_NO_ERROR; node:http2 is not loaded for a number

function stopClient ({ stream, complete }: Http2ServerRequest): void {
  if (!complete) stream.close(NO_ERROR)
}

function dropRest (request: IncomingMessage, { maxBytes, maxMs, maxSilenceMs }: LingeringLimits): void {
  const { socket } = request
  let bytes = 0
  let isLast = false
  const cut = (): void => { socket.destroy() }
  const silence = new IdleTimer(maxSilenceMs, cut)
  const tooLate = setTimeout(cut, maxMs)
  const stop = (): void => {
    silence.stop()
    clearTimeout(tooLate)
    request.off('data', count)
    Reflect.deleteProperty(socket, 'destroySoon')
  }
  const count = (chunk: Buffer): void => {
    silence.restart()
    bytes += chunk.length
    if (bytes > maxBytes) cut()
  }
  request.on('data', count).once('end', () => {
    stop()
    if (isLast) socket.destroySoon()
  })
  socket.once('close', stop)
  // by this node ends the connection after its last answer
  socket.destroySoon = () => {
    isLast = true
    socket.end()
  }
  silence.restart()
  request.resume()
}
