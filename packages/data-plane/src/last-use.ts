import type { ServerHttp2Session } from 'node:http2'
import type { ClientResponse } from './proxy/client.ts'

/** The highest stream there can be: nothing that is on its way is refused (RFC 9113 6.8). */
const everyStream = 2 ** 31 - 1

/** Tells a client to open no more streams on this connection; those that it opened before it learns of that are served. */
export function announceEnd (session: ServerHttp2Session): void {
  if (!session.closed && !session.destroyed) session.goaway(0, everyStream)
}

/** The same of a connection that has just been made: its first stream is what it was made for. */
export function announceEndAfterUse (session: ServerHttp2Session): void {
  session.once('stream', () => announceEnd(session))
}

/** HTTP/1.1: the answer says that it is the connection's last. HTTP/2 says so of the connection, not here. */
export function makeLast (response: ClientResponse): void {
  if ('shouldKeepAlive' in response) response.shouldKeepAlive = false
}
