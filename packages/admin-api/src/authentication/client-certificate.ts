import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/**
 * Why a connection that must show a client certificate is refused, in nginx's words; undefined when its certificate
 * was verified. `authorized` alone does not say so: Node sets it on a resumed TLS 1.3 session that never had one.
 */
export function judgeClientCertificate (socket: Socket): string | undefined {
  const { authorized, getPeerX509Certificate } = socket as Partial<TLSSocket>
  if (getPeerX509Certificate?.call(socket) === undefined) return 'No required SSL certificate was sent'
  return authorized === true ? undefined : 'The SSL certificate error'
}
