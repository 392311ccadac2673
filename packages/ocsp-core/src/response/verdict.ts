import type { OcspErrorCode } from '../errors.ts'
import type { CertIdHash } from '../request/hash.ts'

/** What one verification came to. Times are epoch milliseconds. */
export type Verdict = StatusVerdict | IndeterminateVerdict

export interface StatusVerdict {
  readonly kind: 'good' | 'revoked' | 'unknown'
  readonly source: 'ocsp'
  readonly thisUpdateMs: number
  /** As signed; thisUpdate plus the policy's TTL when the response names none. */
  readonly nextUpdateMs: number
  readonly producedAtMs: number
  /** The only end that counts; exclusive. See section 6.4 of the rules: cut by policy, certificate and delegate. */
  readonly usableEndMs: number
  readonly signer: { readonly kind: 'issuer' | 'configured' | 'delegate', readonly subject: string }
  /** The hash of the CertID that matched. */
  readonly hash: CertIdHash
  readonly revokedAtMs?: number
  /** `keyCompromise`, …; a number that RFC 5280 does not define reads `reason 99`. */
  readonly reason?: string
  /** The responder says the certificate was never issued. [RFC 6960 4.4.8] */
  readonly detail?: 'not_issued'
  /** Past its usable end and accepted within the skew only: decides this one check, is never stapled or kept. */
  readonly withinTolerance: boolean
  readonly warnings: readonly string[]
}

/** There is no verdict. Never `good` by another name. */
export interface IndeterminateVerdict {
  readonly kind: 'indeterminate'
  readonly code: OcspErrorCode
  /** Beside `OCSP_ERR_SIGNER_NOT_AUTHORIZED`: see SignerRefusal. */
  readonly reason?: string
  readonly detail: string
  /** Beside `OCSP_ERR_MALFORMED`: where in the response reading stopped. */
  readonly offset?: number
}
