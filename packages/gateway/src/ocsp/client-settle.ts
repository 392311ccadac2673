import { replaces, type AskOutcome, type StatusAge } from '@clinch/ocsp-core'

/** What is held of a certificate when an answer comes. */
export interface HeldAge extends StatusAge {
  readonly usableEndMs: number
}

/**
 * What becomes of an answer: it is taken in the place of what is held; or what is held stays and counts as confirmed; or
 * there was none (ocsp.md 8.1, 8.5, 10.2). Newer wins, a replay changes nothing, and `revoked` yields to a strictly newer
 * `good` only. What has not ended stays through failures and through `unknown`, which is no news of it. A `good` that has
 * ended stands in nobody's way.
 */
export function settle (held: HeldAge | undefined, outcome: AskOutcome, nowMs: number): 'take' | 'keep' | 'fail' {
  switch (outcome.kind) {
    case 'verified':
      if (isSuperseded(held, nowMs) || replaces(held, outcome.verdict)) return 'take'
      return outcome.verdict.kind === held?.kind ? 'keep' : 'fail'
    case 'notApplicable': return held?.kind === 'revoked' ? 'fail' : 'take'
    case 'unverified':
    case 'indeterminate': return 'fail'
  }
}

function isSuperseded (held: HeldAge | undefined, nowMs: number): boolean {
  return held === undefined || (held.kind !== 'revoked' && nowMs >= held.usableEndMs)
}
