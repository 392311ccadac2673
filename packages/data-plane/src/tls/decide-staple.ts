import { judgeStaple, type StatusWindow } from '@clinch/ocsp-core'

/** Why there is nothing to send for a certificate, as the OCSP agent knows it. */
export type NothingHeld = 'revoked' | 'unknown' | 'failing' | 'notApplicable'

export type Held =
  | { readonly kind: 'staple', readonly window: StatusWindow }
  | { readonly kind: 'nothing', readonly reason: NothingHeld }
  /** Nothing was ever heard: the very first fetch is in flight. */
  | { readonly kind: 'pending' }

export interface StapleCircumstances {
  /** The client sent status_request of type ocsp. */
  readonly asked: boolean
  readonly resumed: boolean
  readonly held: Held
  /** RFC 7633: `no`, or what to do when there is no staple to send. */
  readonly mustStaple: 'no' | 'serve' | 'refuse'
  /** Whether the wait for a first fetch is still open. */
  readonly mayWait: boolean
  /** Epoch milliseconds. */
  readonly nowMs: number
  readonly skewMs: number
}

export type StapleDecision =
  | { readonly kind: 'send' }
  | { readonly kind: 'wait' }
  /** No certificate is sent, or nobody asked. */
  | { readonly kind: 'nothing' }
  /** Asked for and not there; `why` is for whoever must be told. */
  | { readonly kind: 'bare', readonly why: NothingHeld | 'early' | 'expired' | 'pending' }
  | { readonly kind: 'refuse', readonly why: NothingHeld | 'early' | 'expired' | 'pending' }

/**
 * What a handshake sends: the decision table of ocsp.md 9.3 for the certificate that was chosen. Choosing another
 * certificate of the name, which comes before refusing, is the edge's (`preferStapled`).
 */
export function decideStaple ({ asked, resumed, held, mustStaple, mayWait, nowMs, skewMs }: StapleCircumstances): StapleDecision {
  if (!asked || resumed) return { kind: 'nothing' }
  switch (held.kind) {
    case 'staple': {
      const judgement = judgeStaple(held.window, nowMs, skewMs)
      return judgement.kind === 'usable' ? { kind: 'send' } : without(mustStaple, judgement.reason)
    }
    case 'pending': return mayWait ? { kind: 'wait' } : without(mustStaple, 'pending')
    case 'nothing': return without(mustStaple, held.reason)
  }
}

function without (mustStaple: StapleCircumstances['mustStaple'], why: NothingHeld | 'early' | 'expired' | 'pending'): StapleDecision {
  return mustStaple === 'refuse' ? { kind: 'refuse', why } : { kind: 'bare', why }
}
