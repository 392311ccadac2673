import type { ExplainQuestion } from './explain-question.ts'
import type { Explained } from './explanation.ts'

/** What the OCSP agent of this process lets operators see and do; the gateway hands it in. */
export interface OcspInspection {
  /** One for each certificate that is to be stapled. */
  staples (): readonly StapleStatus[]
  /** One for each client certificate that was asked about and is remembered. */
  clients (): readonly ClientStatus[]
  /** One for each CRL that is kept for client certificates. */
  crls (): readonly CrlStatus[]
  /** Asks now, whatever is due; resolves with the number of certificates asked about, when all answers are in. */
  refresh (sslId: string): Promise<number>
  /** Forgets the staples of an ssl, on disk too; resolves with their number. */
  purge (sslId: string): Promise<number>
  /** Forgets what is known of a client certificate; false if that was nothing. */
  forgetClient (fingerprint: string): boolean | Promise<boolean>
  explain (question: ExplainQuestion): Promise<Explained>
}

/** `good` and `unverified` are sent, the others are not. `missing`: nothing was ever accepted; `not_applicable`: there is nobody to ask. */
export const stapleStates = ['good', 'unverified', 'revoked', 'unknown', 'expired', 'not_yet_valid', 'too_large', 'missing', 'not_applicable'] as const
export type StapleState = typeof stapleStates[number]

/** The staple of one certificate. Times in ISO 8601; what is unknown is left out. */
export interface StapleStatus {
  readonly ssl_id: string
  readonly snis: readonly string[]
  /** SHA-256 of the certificate, lower-case hexadecimal. */
  readonly fingerprint: string
  readonly state: StapleState
  readonly must_staple: boolean
  readonly verified: boolean
  readonly this_update?: string | undefined
  /** From then on it is sent no more. */
  readonly usable_end?: string | undefined
  readonly fetched_at?: string | undefined
  /** When the responder will be asked again. */
  readonly due?: string | undefined
  readonly responder?: string | undefined
  readonly signer?: string | undefined
  readonly hash?: string | undefined
  readonly last_error?: { readonly code: string, readonly message: string, readonly since: string } | undefined
  /** Failures in a row. */
  readonly failures: number
}

/** One CRL that client certificates are looked up in. Times in ISO 8601; what is unknown is left out. */
export interface CrlStatus {
  /** As in metrics and log lines. */
  readonly id: string
  /** The host it comes from, never the path of a URL; or a file. */
  readonly place: string
  /** SHA-256 of the certificate of the issuer whose certificates are looked up in it, lower-case hexadecimal. */
  readonly issuer: string
  /** `loading`: nothing came of it yet; `failing`: there is none. `expired` proves only what it lists. */
  readonly state: 'loading' | 'current' | 'expired' | 'failing'
  readonly this_update?: string | undefined
  readonly next_update?: string | undefined
  /** How many certificates it lists. */
  readonly entries?: number | undefined
  /** cRLNumber in hexadecimal. */
  readonly number?: string | undefined
  readonly fetched_at?: string | undefined
  /** When it is fetched again. */
  readonly due?: string | undefined
  readonly last_error?: { readonly code: string, readonly message: string, readonly since: string } | undefined
  /** Failures in a row. */
  readonly failures: number
}

/** What is known of one client certificate, which the fingerprint alone names. */
export interface ClientStatus {
  readonly fingerprint: string
  readonly state: 'good' | 'revoked' | 'unknown' | 'indeterminate' | 'notApplicable'
  /** `disk`: no responder has confirmed it since the start. */
  readonly source?: string | undefined
  readonly since?: string | undefined
  readonly this_update?: string | undefined
  readonly usable_end?: string | undefined
  /** Until then nobody is asked. */
  readonly known_until?: string | undefined
  /** The host that was asked. */
  readonly responder?: string | undefined
  readonly ssl_id?: string | undefined
  /** Why there is no verdict, or nothing to ask. */
  readonly code?: string | undefined
}
