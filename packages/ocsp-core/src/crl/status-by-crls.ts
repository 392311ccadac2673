import type { Crl } from './crl.ts'
import { type CrlFailure, crlFailed } from './errors.ts'
import type { CrlJudgement, CrlRevoked, CrlUnlisted } from './judge-by-crl.ts'
import { allReasons } from './reasons.ts'

/** What CRLs say of a certificate, in the shape of a verdict by OCSP. Times are epoch milliseconds. */
export interface CrlVerdict {
  readonly kind: 'good' | 'revoked'
  readonly source: 'crl'
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  /** A CRL has no such time of its own: thisUpdate. */
  readonly producedAtMs: number
  /** The only end that counts; exclusive. A revocation outlives it. */
  readonly usableEndMs: number
  readonly signer: Crl['signer']
  readonly revokedAtMs?: number
  readonly reason?: string
}

/**
 * One verdict out of what several CRLs say: `revoked` by any, else `good` if together they speak for all reasons, else
 * why there is none. [RFC 5280 6.3.3 (l)]
 */
export function statusByCrls (judgements: readonly CrlJudgement[]): CrlVerdict | CrlFailure {
  const revoked = judgements.find(judgement => judgement.kind === 'revoked')
  if (revoked !== undefined) return verdictOf('revoked', revoked)
  const unlisted = judgements.filter(judgement => judgement.kind === 'unlisted')
  const [first, ...rest] = unlisted
  if (first === undefined || !coverAllReasons(unlisted)) {
    return judgements.find(judgement => judgement.kind === 'failed') ?? crlFailed('CRL_ERR_SCOPE', 'no CRL for all reasons of revocation')
  }
  // as old as the oldest of them, and over when the first of them is
  const oldest = rest.reduce((a, b) => b.thisUpdateMs < a.thisUpdateMs ? b : a, first)
  return { ...verdictOf('good', oldest), nextUpdateMs: Math.min(...unlisted.map(one => one.nextUpdateMs)), usableEndMs: Math.min(...unlisted.map(one => one.usableEndMs)) }
}

/** Whether no further CRL is needed for a `good`. */
export function coverAllReasons (judgements: readonly CrlJudgement[]): boolean {
  return judgements.reduce((covered, judgement) => judgement.kind === 'unlisted' ? covered | judgement.reasons : covered, 0) === allReasons
}

function verdictOf (kind: CrlVerdict['kind'], judged: CrlRevoked | CrlUnlisted): CrlVerdict {
  const { thisUpdateMs, nextUpdateMs, usableEndMs, signer } = judged
  const base = { kind, source: 'crl', thisUpdateMs, nextUpdateMs, producedAtMs: thisUpdateMs, usableEndMs, signer } as const
  if (judged.kind !== 'revoked') return base
  const { revokedAtMs, reason } = judged
  return { ...base, revokedAtMs, ...(reason === undefined ? {} : { reason }) }
}
