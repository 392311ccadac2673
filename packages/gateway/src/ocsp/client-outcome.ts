import type { AskOutcome, CrlErrorCode, CrlVerdict, OcspErrorCode } from '@clinch/ocsp-core'

/** Codes of both sources. */
export type StatusErrorCode = OcspErrorCode | CrlErrorCode

/** CRLs decided. */
export interface CrlOutcome {
  readonly kind: 'byCrl'
  readonly verdict: CrlVerdict
  /** URL or path of the CRL that decided. */
  readonly responder: string
}

/** No source came to a verdict. */
export interface NoVerdict {
  readonly kind: 'indeterminate'
  readonly code: StatusErrorCode
  readonly detail: string
  readonly responder?: string | undefined
  readonly retryAfterMs?: number | undefined
  /** There may be a verdict as soon as a CRL is there that was not to be had. */
  readonly awaitsCrl: boolean
}

/** What came of asking about a client's certificate, whoever was asked. */
export type ClientOutcome = Exclude<AskOutcome, { readonly kind: 'indeterminate' }> | CrlOutcome | NoVerdict

/** A verdict, by OCSP or by CRL. */
export type DecidedOutcome = Extract<ClientOutcome, { readonly kind: 'verified' | 'byCrl' }>
