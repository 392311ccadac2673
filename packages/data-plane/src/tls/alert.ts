import type { Socket } from 'node:net'

/** The alerts that are sent before TLS has begun (RFC 8446 §6.2, RFC 6066 §3). */
export const alerts = {
  protocol_version: 70,
  internal_error: 80,
  unrecognized_name: 112
} as const
export type AlertName = keyof typeof alerts

const fatal = 2

/** Ends a connection with a fatal alert in plaintext, as a server may before its ServerHello. */
export function endWithAlert (socket: Socket, name: AlertName): void {
  socket.on('error', () => {}) // the client may be gone; there is nobody left to tell
  socket.end(Buffer.from([21, 3, 3, 0, 2, fatal, alerts[name]]))
  socket.destroySoon()
}
