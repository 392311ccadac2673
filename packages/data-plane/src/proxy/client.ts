import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { headBytes } from './head-bytes.ts'

/** The client's side of a request, HTTP/1 or HTTP/2. */
export type ClientRequest = IncomingMessage | Http2ServerRequest
export type ClientResponse = ServerResponse | Http2ServerResponse

export function isHttp2Request (request: ClientRequest): request is Http2ServerRequest {
  return 'stream' in request // its version a client of HTTP/1 may write as it likes
}

export function isHttp2Response (response: ClientResponse): response is Http2ServerResponse {
  return 'createPushResponse' in response
}

/** Sends the head; fields are names and values in turn. @throws when a field cannot be sent */
export function sendHead (response: ClientResponse, status: number, reason: string, fields: string[]): void {
  if (isHttp2Response(response)) response.writeHead(status, fields as never) // flat lists are taken; the types know objects only
  else if (reason === '') response.writeHead(status, fields)
  else response.writeHead(status, reason, fields)
}

/** @returns false when the client takes no more for now: `drain` says when it does */
export function sendChunk (response: ClientResponse, chunk: Buffer): boolean {
  return (response as ServerResponse).write(chunk) // the two classes have it alike
}

export function sendEnd (response: ClientResponse, chunk: Buffer | undefined): void {
  if (chunk === undefined) response.end()
  else if (chunk.length > oneWriteBytes || isHttp2Response(response)) response.end(chunk)
  else response.end(chunk.toString('latin1'), 'latin1') // node joins text with a head that waits: one write, one TLS record
}

const oneWriteBytes = 8192

/** Ends an answer that cannot be completed so that the client sees that it is cut off. */
export function breakOff (response: ClientResponse, http2Code = INTERNAL_ERROR): void {
  if (isHttp2Response(response)) response.stream.close(http2Code)
  else response.destroy()
}

const INTERNAL_ERROR = 2 // NGHTTP2_INTERNAL_ERROR; node:http2 is not loaded for a number

/**
 * Octets of the head that went out, of HTTP/2 as HTTP/1.1 would have written it.
 *
 * @param fields - those that were sent, names and values in turn
 */
export function sentHeadBytes (response: ClientResponse, status: number, fields: readonly string[]): number {
  // node adds fields of its own, and shows the head that it wrote nowhere else
  const written = isHttp2Response(response) ? undefined : (response as { readonly _header?: string | null })._header
  return written?.length ?? headBytes(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, fields)
}

const PROTOCOL_ERROR = 1

/** After `close`, when no answer had begun: what the client was refused with for what it sent; undefined when it left. */
export function statusOfRefusal (response: ClientResponse): number | undefined {
  if (isHttp2Response(response)) return response.stream.rstCode === PROTOCOL_ERROR ? 400 : undefined
  return response.statusCode >= 400 ? response.statusCode : undefined // client-failure.ts writes the answer by itself
}

/** After `close`: whether the client got all of it. */
export function wasReceived (response: ClientResponse): boolean {
  return isHttp2Response(response) ? response.writableEnded && response.stream.rstCode === 0 : response.writableFinished
}
