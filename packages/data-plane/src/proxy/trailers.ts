import type { ServerResponse } from 'node:http'
import type { ClientResponse } from './client.ts'

/** Hands the upstream's trailers on; the client gets them where its protocol has a place for them. */
export function sendTrailers (response: ClientResponse, raw: ReadonlyArray<Buffer | string>): void {
  const trailers: Record<string, string> = {}
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toString().toLowerCase() ?? ''
    if (!notInTrailers.has(name)) trailers[name] = raw[at + 1]?.toString() ?? ''
  }
  ;(response as ServerResponse).addTrailers(trailers) // both classes have it
}

// RFC 9110 6.5.1: what frames, routes or authenticates comes before the content or not at all.
const notInTrailers = new Set([
  'connection', 'content-encoding', 'content-length', 'content-range', 'content-type', 'host', 'keep-alive',
  'proxy-connection', 'set-cookie', 'te', 'trailer', 'transfer-encoding', 'upgrade'
])
