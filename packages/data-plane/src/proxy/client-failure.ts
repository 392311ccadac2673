import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { gatewayAnswer } from './gateway-answer.ts'
import { endSoon } from './tunnel.ts'

const statusByCode: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 494,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408
}

/**
 * Ends an HTTP/1 connection on which something came that is no request, or no request to its end: the page for it, where
 * the client can still be told, and the end of the connection. An answer under way is not written into.
 *
 * @param error - as `clientError` of node's servers reports it
 */
export function answerClientFailure (error: NodeJS.ErrnoException, socket: Duplex, serverToken: string): void {
  const current = responseOn(socket)
  if (!socket.writable || current?.headersSent === true || error.code === 'ECONNRESET' || (current !== undefined && error.code === 'HPE_INVALID_EOF_STATE')) {
    socket.destroy()
  } else if (current?.req.complete === true) { // what failed came after a request that is yet to be answered
    current.shouldKeepAlive = false
    current.once('finish', () => endSoon(socket))
  } else {
    const status = statusByCode[error.code ?? ''] ?? 400
    if (current !== undefined) current.statusCode = status // of a request whose body was no body: for its log
    refuseConnection(socket, status, serverToken)
  }
}

/** Writes the gateway's page for a status to a connection that has no response to put it in, and ends it. */
export function refuseConnection (socket: Duplex, pageStatus: number, serverToken: string): void {
  const { status, fields, body = '' } = gatewayAnswer({ status: pageStatus }, serverToken, true)
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nDate: ${new Date().toUTCString()}\r\n`
  for (let at = 0; at < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`
  if (!fields.includes('Connection')) head += 'Connection: close\r\n'
  socket.write(`${head}\r\n${body.toString()}`)
  endSoon(socket)
}

// The response that a connection is taken by; node:http tells it in no other way.
function responseOn (socket: Duplex): ServerResponse | undefined {
  return (socket as Socket & { readonly _httpMessage?: ServerResponse | null })._httpMessage ?? undefined
}
