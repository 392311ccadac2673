import type { HttpHints } from '../client/http-hints.ts'
import type { OcspErrorCode } from '../errors.ts'
import type { UnverifiedFacts } from '../response/read-unverified.ts'
import type { StatusVerdict } from '../response/verdict.ts'

export interface VerifiedOutcome extends HttpHints {
  readonly kind: 'verified'
  readonly verdict: StatusVerdict
  readonly der: Buffer
  readonly responder: string
}

/** Only with `skipVerify`. */
export interface UnverifiedOutcome extends HttpHints {
  readonly kind: 'unverified'
  readonly facts: UnverifiedFacts
  readonly der: Buffer
  readonly responder: string
}

export interface IndeterminateOutcome {
  readonly kind: 'indeterminate'
  readonly code: OcspErrorCode
  /** Beside `OCSP_ERR_SIGNER_NOT_AUTHORIZED`: see SignerRefusal. */
  readonly reason?: string
  readonly detail: string
  readonly responder?: string
  readonly retryAfterMs?: number
}

export interface NotApplicableOutcome {
  readonly kind: 'notApplicable'
  readonly reason: 'noRevAvail' | 'nocheck' | 'trustAnchor' | 'noResponder'
}

export type AskOutcome = VerifiedOutcome | UnverifiedOutcome | IndeterminateOutcome | NotApplicableOutcome
