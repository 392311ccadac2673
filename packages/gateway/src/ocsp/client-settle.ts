import { replaces, type StatusAge } from '@clinch/ocsp-core'
import type { ClientOutcome } from './client-outcome.ts'

/** What is held of a certificate when an answer comes. */
export interface HeldAge extends StatusAge {
  readonly usableEndMs: number
  readonly source: 'ocsp' | 'crl'
}

/**
 * What becomes of an answer: it is taken in the place of what is held; or what is held stays and counts as confirmed; or
 * there was none (ocsp.md 8.1, 8.5, 10.2, 10.4). Newer wins, a replay changes nothing, and `revoked` yields to a strictly
 * newer `good` only. Between OCSP and CRL revoked wins, whichever is newer. What has not ended stays through failures and
 * through `unknown`, which is no news of it. A `good` that has ended stands in nobody's way.
 */
export function settle (held: HeldAge | undefined, outcome: ClientOutcome, nowMs: number): 'take' | 'keep' | 'fail' {
  switch (outcome.kind) {
    case 'verified':
    case 'byCrl': {
      const { verdict } = outcome
      if (isSuperseded(held, nowMs)) return 'take'
      // of CRLs of one second nobody can tell which came later
      if (held?.kind === 'good' && verdict.kind === 'revoked' && verdict.source === 'crl' && verdict.thisUpdateMs === held.thisUpdateMs) return 'take'
      if (held !== undefined && held.source !== verdict.source) {
        if (held.kind === 'revoked' && verdict.kind === 'good') return revocationStands(held, verdict, nowMs) ? 'fail' : 'take'
        if (verdict.kind === 'revoked' && held.kind !== 'revoked') return 'take'
      }
      if (replaces(held, verdict)) return 'take'
      return verdict.kind === held?.kind ? 'keep' : 'fail'
    }
    case 'notApplicable': return held?.kind === 'revoked' ? 'fail' : 'take'
    case 'unverified':
    case 'indeterminate': return 'fail'
  }
}

/** Whether a revocation by one source outweighs a `good` by the other: while it is current itself, and where it is newer. */
export function revocationStands (revoked: { readonly thisUpdateMs: number, readonly usableEndMs: number }, good: { readonly thisUpdateMs: number }, nowMs: number): boolean {
  return nowMs < revoked.usableEndMs || revoked.thisUpdateMs >= good.thisUpdateMs
}

function isSuperseded (held: HeldAge | undefined, nowMs: number): boolean {
  return held === undefined || (held.kind !== 'revoked' && nowMs >= held.usableEndMs)
}
