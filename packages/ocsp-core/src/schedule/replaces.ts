/** What is compared when a response wants the place of another. Verdicts fit as they are. */
export interface StatusAge {
  readonly kind: 'good' | 'revoked' | 'unknown'
  readonly thisUpdateMs: number
  readonly producedAtMs: number
}

/**
 * Whether a verified candidate takes the place of what is held. Newer wins: a later thisUpdate, or the same with a
 * later producedAt; an older response is a replay, however well signed. `revoked` yields to `good` only with a later
 * thisUpdate. `unknown` says that a responder cannot speak for the certificate, so it takes the place of nothing but
 * another `unknown`.
 */
export function replaces (held: StatusAge | undefined, candidate: StatusAge): boolean {
  if (held === undefined) return true
  if (candidate.kind === 'unknown' && held.kind !== 'unknown') return false
  if (candidate.thisUpdateMs !== held.thisUpdateMs) return candidate.thisUpdateMs > held.thisUpdateMs
  if (held.kind === 'revoked' && candidate.kind === 'good') return false
  return candidate.producedAtMs > held.producedAtMs
}
