/** `refused`: the question makes no sense, with the sentence that says why. */
export type Explained =
  | { readonly kind: 'explained', readonly explanation: Explanation }
  | { readonly kind: 'refused', readonly reason: string }

/** What the rules make of a certificate's status, and how they came to it. Times in ISO 8601. */
export interface Explanation {
  readonly certificate: {
    readonly fingerprint: string
    readonly not_after: string
    readonly must_staple: boolean
    /** Who is asked, in order. */
    readonly responders: readonly string[]
  }
  readonly issuer: { readonly fingerprint: string }
  readonly verdict: ExplainedVerdict
  /** One for each response that was looked at and each failure to get one, in order. */
  readonly answers: readonly ExplainedAnswer[]
}

export type ExplainedVerdict =
  | {
    readonly kind: 'good' | 'revoked' | 'unknown'
    readonly this_update: string
    readonly next_update: string
    readonly produced_at: string
    readonly usable_end: string
    readonly signer: 'issuer' | 'configured' | 'delegate'
    readonly hash: string
    readonly revoked_at?: string | undefined
    readonly reason?: string | undefined
    /** Past its end and accepted within the skew only: never stapled. */
    readonly within_tolerance: boolean
    readonly warnings: readonly string[]
  }
  | { readonly kind: 'indeterminate', readonly code: string, readonly detail: string, readonly reason?: string | undefined }
  | { readonly kind: 'notApplicable', readonly reason: string }

export interface ExplainedAnswer {
  /** Left out for a response that came with the question. */
  readonly responder?: string | undefined
  /** The hash that the responder was asked with. */
  readonly hash?: string | undefined
  /** Why there is no response to look at. */
  readonly failure?: { readonly code: string, readonly detail: string } | undefined
  /** As it came, in base64: to be kept, or handed in again. */
  readonly response?: string | undefined
  readonly steps: readonly ExplainedStep[]
}

/** One rule, in the order in which the rules are applied. */
export interface ExplainedStep {
  readonly step: number
  readonly rule: string
  readonly outcome: 'passed' | 'failed' | 'not reached'
  readonly code?: string | undefined
  readonly detail?: string | undefined
  /** The RFC sections that the rule comes from. */
  readonly source: string
}
