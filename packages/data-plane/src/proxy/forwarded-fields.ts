import type { GatewayContext } from './request-context.ts'
import type { CompiledSettings } from './settings.ts'

/**
 * Writes `X-Forwarded-Proto`, `-Host` and `-Port` into what goes to the upstream, where plugins may still change them
 * (data-plane.md 5.10, 5.11). What a trusted peer sent is restored; `Forwarded` goes on from a trusted peer only.
 * `X-Forwarded-For` is believed of everybody as long as it is not configured whom to trust.
 */
export function forwardedFields (context: GatewayContext, writtenPort: string | undefined, { trustedAddresses }: CompiledSettings): void {
  const { raw } = context.upstream.headers
  const { fields } = context
  const isTrusted = trustedAddresses?.has(context.peerAddress) === true
  if (isTrusted || trustedAddresses === undefined) context.forwardedFor = fields.forwardedFor
  const host = (isTrusted ? fields.forwardedHost : undefined) ?? context.writtenHost
  raw.push('X-Forwarded-Proto', (isTrusted ? fields.forwardedProto : undefined) ?? context.scheme)
  if (host !== undefined) raw.push('X-Forwarded-Host', host)
  raw.push('X-Forwarded-Port', (isTrusted ? fields.forwardedPort : undefined) ?? writtenPort ?? String(context.serverPort))
  if (isTrusted && fields.forwarded !== undefined) raw.push('Forwarded', fields.forwarded)
}

/** `X-Forwarded-For` with the client's address added. */
export function withClientAddress ({ forwardedFor, remoteAddress }: GatewayContext): string {
  return forwardedFor === undefined || forwardedFor === '' ? remoteAddress : `${forwardedFor}, ${remoteAddress}`
}
