import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
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
  const named = withoutPort((Array.isArray(header) ? header.at(-1) : header)?.split(',').at(-1)?.trim() ?? '')
  return isIP(named) === 0 ? peer : named
}

function withoutPort (address: string): string {
  const [, bracketed, dotted] = /^(?:\[(.+)\]|([\d.]+))(?::\d+)?$/.exec(address) ?? []
  return bracketed ?? dotted ?? address
}
