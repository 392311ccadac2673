import type { StapleState } from '@clinch/admin-api'
import { judgeStaple } from '@clinch/ocsp-core'
import { maxStapleBytes } from '@clinch/data-plane'
import type { KeptStaple } from './kept-staple.ts'

/**
 * How a certificate stands with its staple at an instant, as handshakes judge it (ocsp.md 9.3).
 *
 * @param nowMs - epoch milliseconds
 */
export function stateOf ({ held, failure }: Pick<KeptStaple, 'held' | 'failure'>, nowMs: number, skewMs: number): StapleState {
  if (held === undefined) return failure?.code === 'notApplicable' ? 'not_applicable' : 'missing'
  if (held.verified && held.kind !== 'good') return held.kind
  if (held.der.length > maxStapleBytes) return 'too_large'
  const judgement = judgeStaple(held, nowMs, skewMs)
  if (judgement.kind === 'unusable') return judgement.reason === 'early' ? 'not_yet_valid' : 'expired'
  return held.verified ? 'good' : 'unverified'
}
