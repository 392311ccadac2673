import { Fault } from './fault.ts'
import type { VerifyPolicy } from './policy.ts'
import type { SingleResponse } from './single-response.ts'

/** What time says about one entry: the end as signed (or granted), and the usable end before signer and certificate cut it. */
export interface Window {
  readonly nextUpdateMs: number
  readonly usableEndMs: number
}

export type TimePolicy = Pick<VerifyPolicy, 'skewMs' | 'maxWindowMs' | 'maxAgeMs' | 'withoutNextUpdateTtlMs'>

/** Judges one entry at an instant. Contradictions come before lateness. [RFC 6960 3.2(5)(6), RFC 9919 5] */
export function judgeTime (entry: Pick<SingleResponse, 'thisUpdateMs' | 'nextUpdateMs'>, producedAtMs: number, nowMs: number, policy: TimePolicy): Window | Fault {
  const { thisUpdateMs } = entry
  const { skewMs } = policy
  if (thisUpdateMs > nowMs + skewMs) return new Fault('OCSP_ERR_NOT_YET_VALID', 'thisUpdate lies in the future')
  if (producedAtMs > nowMs + skewMs) return new Fault('OCSP_ERR_NOT_YET_VALID', 'producedAt lies in the future')
  const nextUpdateMs = entry.nextUpdateMs ?? grantedEnd(thisUpdateMs, policy)
  if (nextUpdateMs === undefined) return new Fault('OCSP_ERR_NEXT_UPDATE_MISSING')
  if (nextUpdateMs <= thisUpdateMs) return new Fault('OCSP_ERR_TIME_ORDER', 'nextUpdate is not after thisUpdate')
  if (entry.nextUpdateMs !== undefined && producedAtMs > nextUpdateMs + skewMs) return new Fault('OCSP_ERR_TIME_ORDER', 'producedAt is after nextUpdate')
  if (!(nowMs < nextUpdateMs + skewMs)) return new Fault('OCSP_ERR_EXPIRED', 'the response has expired')
  const maxAgeMs = policy.maxAgeMs ?? Infinity
  if (!(nowMs - thisUpdateMs <= maxAgeMs)) return new Fault('OCSP_ERR_TOO_OLD')
  return { nextUpdateMs, usableEndMs: Math.min(nextUpdateMs, thisUpdateMs + (policy.maxWindowMs ?? Infinity), thisUpdateMs + maxAgeMs) }
}

// Responders that sign live may leave nextUpdate out; a policy may grant them a time to live. [RFC 6960 2.4]
function grantedEnd (thisUpdateMs: number, { withoutNextUpdateTtlMs }: TimePolicy): number | undefined {
  return withoutNextUpdateTtlMs === undefined ? undefined : thisUpdateMs + withoutNextUpdateTtlMs
}
