import { createHash, hkdfSync } from 'node:crypto'

/** Who may resume whose session: one ssl resource in one version, and one of its certificates. */
export interface SessionScope {
  readonly sslId: string
  readonly modRevision: number
  readonly certificateFingerprint: string
}

/**
 * The session id context and ticket keys of a scope. Every worker derives the same from the secret they share, so a
 * ticket is good at each of them, and at no other name: another resource, or the same after a change, has other keys.
 *
 * @returns ticketKeys - 48 octets: name, HMAC key, AES key
 */
export function deriveSessionKeys (secret: Buffer, scope: SessionScope): { sessionIdContext: string, ticketKeys: Buffer } {
  const label = `${scope.sslId}\n${scope.modRevision}\n${scope.certificateFingerprint}`
  return {
    sessionIdContext: createHash('sha256').update(label).digest('hex').slice(0, 32),
    ticketKeys: Buffer.from(hkdfSync('sha256', secret, '', `clinch ticket\n${label}`, 48))
  }
}
