import type { Certificate } from '../certificate/certificate.ts'

/** What an operator may decide about accepting responses. Durations in milliseconds. */
export interface VerifyPolicy {
  /** How far clocks may be apart. */
  readonly skewMs: number
  /** The usable end is never later than thisUpdate plus this. */
  readonly maxWindowMs?: number | undefined
  /** A response whose thisUpdate is older is refused, and one that is accepted is used no longer. */
  readonly maxAgeMs?: number | undefined
  /** How long a response without nextUpdate lives; without it such a response is refused. */
  readonly withoutNextUpdateTtlMs?: number | undefined
  readonly allowSha1Signatures?: boolean | undefined
  /** Certificates that the operator lists as responders for this very issuer. */
  readonly trustedResponders?: readonly Certificate[] | undefined
  /** What becomes of a delegate without nocheck that no CRL speaks for; lenient by default. */
  readonly delegateRevocation?: 'lenient' | 'strict' | undefined
  /** What the issuer's verified CRL says of a delegate; undefined when CRLs are off or it is not loaded. */
  readonly delegateStatus?: ((delegate: Certificate) => 'good' | 'revoked' | undefined) | undefined
  readonly nonce?: 'off' | 'optional' | 'required' | undefined
  readonly maxResponseBytes?: number | undefined
}

export const defaultMaxResponseBytes = 64 * 1024

/** For responses that will be stapled. */
export const staplePolicy: VerifyPolicy = { skewMs: 300_000, maxWindowMs: 10 * 24 * 3_600_000, nonce: 'off', maxResponseBytes: defaultMaxResponseBytes }

/** For the certificates of clients. */
export const clientCheckPolicy: VerifyPolicy = { skewMs: 60_000, nonce: 'off', maxResponseBytes: defaultMaxResponseBytes }
