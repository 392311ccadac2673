import type { ExplainedStep, OcspErrorCode } from '@clinch/ocsp-core'
import type { CommandVerdict } from '../exit-status.ts'

// What --json prints, and what the text is made of. Names and meanings stand in docs/ocsp-command.md; times are ISO 8601.

/** What a response says that has passed every rule. */
export interface ResponseReport {
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly this_update: string
  readonly next_update: string
  readonly produced_at: string
  /** The end that counts: next_update, cut by the end of the certificate and of the signer. */
  readonly usable_end: string
  readonly seconds_left: number
  readonly window_seconds: number
  readonly signer: { readonly kind: 'issuer' | 'configured' | 'delegate', readonly subject: string, readonly why: string }
  readonly hash: string
  readonly revoked_at?: string
  readonly revocation_reason?: string
  readonly not_issued?: true
  readonly warnings: readonly string[]
}

export type JudgedResponse =
  | { readonly kind: 'verified', readonly octets: number, readonly response: ResponseReport, readonly rules: readonly ExplainedStep[] }
  | RefusedResponse

export interface RefusedResponse {
  readonly kind: 'refused'
  readonly octets: number
  readonly code: OcspErrorCode
  readonly detail: string
  readonly reason?: string
  /** Only where nothing but its time is wrong. */
  readonly response?: ResponseReport
  readonly rules: readonly ExplainedStep[]
}

export type StapleReport =
  | { readonly kind: 'none' }
  | JudgedResponse
  | { readonly kind: 'unverifiable', readonly octets: number, readonly code: OcspErrorCode, readonly detail: string }

export type ResponderReport =
  | JudgedResponse & { readonly url: string, readonly attempts: readonly AttemptReport[] }
  | { readonly kind: 'failed', readonly url?: string, readonly code: OcspErrorCode, readonly detail: string, readonly attempts: readonly AttemptReport[] }
  | { readonly kind: 'nobody_to_ask', readonly reason: 'noRevAvail' | 'nocheck' | 'trustAnchor' | 'noResponder' }
  | { readonly kind: 'not_asked' }

/** One question to one URL: its status, or what went wrong. */
export interface AttemptReport {
  readonly url: string
  readonly status?: ResponseReport['status']
  readonly code?: OcspErrorCode
  readonly detail?: string
}

export interface ComparisonReport {
  readonly same_octets: boolean
  readonly same_status: boolean
  readonly newer: 'staple' | 'responder' | 'neither'
}

export interface CertificateReport {
  readonly subject: string
  readonly issuer: string
  readonly serial: string
  /** SHA-256. */
  readonly fingerprint: string
  readonly not_before: string
  readonly not_after: string
  readonly ocsp_urls: readonly string[]
  readonly crl_urls: readonly string[]
  readonly must_staple: boolean
  readonly no_rev_avail: boolean
}

export interface TrustReport {
  readonly trusted: boolean
  /** OpenSSL's name for what is wrong. */
  readonly code?: string
  readonly detail: string
  readonly anchors: 'file' | 'system' | 'built_in'
  readonly name: string
  readonly name_matches: boolean
}

export interface ServerReport {
  readonly host: string
  readonly port: number
  readonly servername: string | null
  readonly starttls: string | null
  readonly protocol: string
  readonly cipher: string
}

interface Conclusion {
  readonly verdict: CommandVerdict
  readonly exit_status: number
  readonly because: string
  readonly remarks: readonly string[]
}

export interface CheckReport extends Conclusion {
  readonly command: 'check'
  /** server, trust, staple and comparison are there when a host is checked. */
  readonly server?: ServerReport
  readonly trust?: TrustReport
  readonly must_staple: boolean
  readonly staple?: StapleReport
  readonly responder: ResponderReport
  /** When there are two verified responses. */
  readonly comparison?: ComparisonReport
  readonly chain: readonly CertificateReport[]
}

export interface ExplainReport extends Conclusion {
  readonly command: 'explain'
  readonly file: string
  readonly judged: JudgedResponse
  readonly chain: readonly CertificateReport[]
}

export interface ErrorReport {
  readonly verdict: 'could_not_tell'
  readonly exit_status: 2
  readonly error: { readonly code: string, readonly message: string }
}
