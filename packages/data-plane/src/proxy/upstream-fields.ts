import type { Node } from '../upstream/node.ts'
import type { ReadyUpstream } from '../upstream/compiled-upstream.ts'
import { withClientAddress } from './forwarded-fields.ts'
import type { GatewayContext } from './request-context.ts'

/** `Host` towards a node (data-plane.md 5.5); worked out again for every attempt. */
export function upstreamHost (context: GatewayContext, upstream: ReadyUpstream, node: Node): string {
  switch (upstream.passHost) {
    case 'node': return node.hostHeader
    case 'rewrite': return upstream.rewriteHost
    case 'pass': return (context.upstream.host ?? context.writtenHost) || node.hostHeader
  }
}

/**
 * The header fields of an attempt, names and values in turn. `X-Real-IP` and `X-Forwarded-For` come last, whatever
 * plugins did; what belongs to the connection or frames the body is not theirs to set.
 */
export function upstreamFields (context: GatewayContext, host: string, { hasPlugins, hasTrailers }: { readonly hasPlugins: boolean, readonly hasTrailers: boolean }): string[] {
  const { raw } = context.upstream.headers
  const fields = ['Host', host, 'X-Real-IP', context.remoteAddress, 'X-Forwarded-For', withClientAddress(context)]
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    if (!hasPlugins || !isOurs(name)) fields.push(name, raw[at + 1] ?? '')
  }
  if (hasTrailers && context.fields.trailer !== undefined) fields.push('Trailer', context.fields.trailer)
  if (context.fields.contentLength !== undefined) fields.push('Content-Length', context.fields.contentLength)
  return fields
}

const ours = new Set([
  'host', 'x-real-ip', 'x-forwarded-for', 'connection', 'keep-alive', 'proxy-connection', 'upgrade', 'te', 'trailer',
  'expect', 'transfer-encoding', 'content-length'
])
const shapes = new Set([...ours].map(shapeOf))

// Most names have another length or first letter, and need not be put in lower case.
function isOurs (name: string): boolean {
  return shapes.has(shapeOf(name)) && ours.has(name.toLowerCase())
}

function shapeOf (name: string): number {
  return name.length << 8 | name.charCodeAt(0) | 0x20
}
