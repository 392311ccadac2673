import type { GatewayContext } from './request-context.ts'
import { endToEndTrailers } from './trailers.ts'

/**
 * The trailers that follow a request's body to the upstream; the list is to be asked for when the body has ended. Undefined
 * where there can be none: towards HTTP/1.1 they have to be announced (RFC 9110 6.6.2), by a client that does not
 * announce the length, because only chunks have a place for them.
 */
export function requestTrailers (context: GatewayContext, scheme: 'http' | 'https' | 'grpc' | 'grpcs'): (() => readonly string[]) | undefined {
  const { hasBody, fields } = context
  const isHttp2 = scheme === 'grpc' || scheme === 'grpcs'
  if (!hasBody || (!isHttp2 && (fields.trailer === undefined || fields.contentLength !== undefined))) return undefined
  return () => endToEndTrailers(context.trailers).filter((_, at, list) => !isNotForRequests(list[at - at % 2] ?? ''))
}

// What says whom a request is from or how it is to be taken comes with the head, which has been judged (RFC 9110 6.5.1).
const notForRequests = new Set([
  'authorization', 'cookie', 'expect', 'cache-control', 'pragma', 'range', 'max-forwards', 'proxy-authorization', 'forwarded', 'x-real-ip', 'grpc-timeout'
])

function isNotForRequests (name: string): boolean {
  return notForRequests.has(name) || /^(?:if-|accept|x-forwarded-|x-consumer-|x-credential-)/.test(name)
}
