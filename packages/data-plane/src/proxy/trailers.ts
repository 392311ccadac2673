import type { ServerResponse } from 'node:http'
import type { ClientResponse } from './client.ts'

/** Hands the upstream's trailers on; the client gets them where its protocol has a place for them. */
export function sendTrailers (response: ClientResponse, raw: ReadonlyArray<Buffer | string>): void {
  ;(response as ServerResponse).addTrailers(trailersByName(endToEndTrailers(raw))) // both classes have it
}

/** Those that may go on, names in lower case and values in turn. */
export function endToEndTrailers (raw: ReadonlyArray<Buffer | string>): string[] {
  const kept: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toString().toLowerCase() ?? ''
    if (!notInTrailers.has(name)) kept.push(name, raw[at + 1]?.toString() ?? '')
  }
  return kept
}

/** As node's classes take them. @param list - names and values in turn */
export function trailersByName (list: readonly string[]): Record<string, string> {
  const trailers: Record<string, string> = {}
  for (let at = 0; at < list.length; at += 2) trailers[list[at] ?? ''] = list[at + 1] ?? ''
  return trailers
}

// RFC 9110 6.5.1: what frames, routes or authenticates comes before the content or not at all.
const notInTrailers = new Set([
  'connection', 'content-encoding', 'content-length', 'content-range', 'content-type', 'host', 'keep-alive',
  'proxy-connection', 'set-cookie', 'te', 'trailer', 'transfer-encoding', 'upgrade'
])
