import { parseSocketAddress } from '@clinch/plugins'
import type { RequestFields } from './request-fields.ts'
import type { CompiledSettings } from './settings.ts'

/**
 * The client's address after the real-ip rules: what a trusted peer says in its header, else the peer's own. Of
 * several addresses the last is taken, which is the one that the trusted peer added.
 */
export function clientAddress (peerAddress: string, fields: RequestFields, rawHeaders: readonly string[], settings: CompiledSettings): string {
  const value = realIpValue(fields, rawHeaders, settings.realIpHeader)
  if (value === undefined || !settings.realIpFrom.has(peerAddress)) return peerAddress
  return parseSocketAddress(value.slice(value.lastIndexOf(',') + 1).trim())?.address ?? peerAddress
}

function realIpValue (fields: RequestFields, rawHeaders: readonly string[], header: string): string | undefined {
  if (header === 'x-real-ip') return fields.realIp
  if (header === 'x-forwarded-for') return fields.forwardedFor
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    if (rawHeaders[at]?.toLowerCase() === header) return rawHeaders[at + 1]
  }
  return undefined
}
