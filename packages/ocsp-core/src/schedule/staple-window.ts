/** The window of a status: both ends epoch milliseconds, `usableEndMs` exclusive. */
export interface StatusWindow {
  readonly thisUpdateMs: number
  readonly usableEndMs: number
}

export type StapleJudgement = { readonly kind: 'usable' } | { readonly kind: 'unusable', readonly reason: 'early' | 'expired' }

const maxMarginMs = 60_000
const marginShare = 50

/**
 * Whether a held staple may be sent at an instant. It is laid down a little before its end, so that it is still valid
 * when the client looks: 60 s, or a fiftieth of a short window, so that a five-minute response is usable for most of
 * its life.
 */
export function judgeStaple ({ thisUpdateMs, usableEndMs }: StatusWindow, nowMs: number, skewMs: number): StapleJudgement {
  const marginMs = Math.min(maxMarginMs, Math.max(0, usableEndMs - thisUpdateMs) / marginShare)
  if (thisUpdateMs > nowMs + skewMs) return { kind: 'unusable', reason: 'early' }
  return nowMs < usableEndMs - marginMs ? { kind: 'usable' } : { kind: 'unusable', reason: 'expired' }
}
