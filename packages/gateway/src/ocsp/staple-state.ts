import { judgeStaple } from '@clinch/ocsp-core'
import { maxStapleBytes } from '@clinch/data-plane'
import type { KeptStaple } from './kept-staple.ts'

/** `good` and `unverified` are sent, the others are not. */
export const stapleStates = ['good', 'unverified', 'revoked', 'unknown', 'expired', 'not_yet_valid', 'too_large', 'missing', 'not_applicable'] as const
export type StapleState = typeof stapleStates[number]

/**
 * How a certificate stands with its staple at an instant, as handshakes judge it (ocsp.md 9.3). `missing`: nothing was ever
 * accepted; `not_applicable`: there is nobody to ask.
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
