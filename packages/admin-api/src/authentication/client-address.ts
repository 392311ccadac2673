import type { IncomingMessage } from 'node:http'
import { parseSocketAddress } from '@clinch/plugins'
import type { AdminSettings } from '../options.ts'
import { isAddressIn } from './allow-list.ts'

/**
 * Whom a request comes from: the peer, or whom a trusted peer names in the real-ip header (of several addresses there
 * the last, which is the one that the trusted peer itself added; a port behind it is left out).
 */
export function clientAddress (request: IncomingMessage, realIp: AdminSettings['realIp']): string {
  const peer = request.socket.remoteAddress ?? ''
  if (realIp === undefined || !isAddressIn(peer, realIp.from)) return peer
  const header = request.headers[realIp.header.toLowerCase()]
  const named = parseSocketAddress((Array.isArray(header) ? header.at(-1) : header)?.split(',').at(-1)?.trim() ?? '')
  return named?.address ?? peer
}
