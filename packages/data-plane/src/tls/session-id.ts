const SEQUENCE = 0x30
const OCTET_STRING = 0x04

/**
 * The id of a session in hexadecimal digits, out of what `TLSSocket.getSession` gives: an SSL_SESSION of OpenSSL in DER,
 * whose first members are two versions, the cipher suite and the id. Empty when it has none.
 */
export function sessionIdOf (session: Buffer | null | undefined): string {
  if (session?.[0] !== SEQUENCE) return ''
  let at = headerBytes(session, 0)
  for (let member = 0; member < 3; member++) at += 2 + (session[at + 1] ?? 0)
  return session[at] === OCTET_STRING ? session.toString('hex', at + 2, at + 2 + (session[at + 1] ?? 0)) : ''
}

function headerBytes (session: Buffer, at: number): number {
  const first = session[at + 1] ?? 0
  return first < 0x80 ? 2 : 2 + (first & 0x7f)
}
