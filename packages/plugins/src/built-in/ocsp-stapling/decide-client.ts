import type { CrlErrorCode, OcspErrorCode } from '@clinch/ocsp-core'
import type { ClientVerdict } from '../../contract/host.ts'

export interface ClientPolicy {
  readonly mode: 'hard' | 'grace' | 'soft'
  readonly graceMs: number
  readonly noResponder: 'allow' | 'refuse'
}

/** `doubtful`: passes although nobody vouches for it. `rejected` and `unavailable` are answered with a code each. */
export type ClientDecision = 'pass' | 'doubtful' | 'rejected' | 'unavailable'

/**
 * Whether the holder of a client certificate may speak: the table of ocsp.md 10.3, one row a line.
 *
 * @param nowMs - the instant to judge at, epoch milliseconds
 */
export function decideClient (verdict: ClientVerdict, policy: ClientPolicy, nowMs: number): ClientDecision {
  switch (verdict.kind) {
    // a fresh answer decides the check that fetched it; one from memory must not have ended since
    case 'good': return verdict.source !== 'cache' || nowMs < verdict.usableEndMs ? 'pass' : withoutVerdict(policy, nowMs, verdict.usableEndMs)
    case 'revoked': return 'rejected'
    case 'unknown': return policy.mode === 'soft' ? 'doubtful' : 'rejected'
    case 'indeterminate':
      // our own mistake, in every mode: it must not read as "nothing to check"
      if (verdict.code === issuerNotFound) return 'unavailable'
      return withoutVerdict(policy, nowMs, outages.has(verdict.code) ? verdict.lastGood?.usableEndMs : undefined)
    case 'notApplicable':
      if (verdict.reason !== 'noResponder') return 'pass'
      return policy.noResponder === 'allow' ? 'doubtful' : 'rejected'
  }
}

/** The decision about a chain: the strictest about any of its certificates. */
export function strictest (decisions: readonly ClientDecision[]): ClientDecision {
  return byStrictness.find(decision => decisions.includes(decision)) ?? 'unavailable'
}

const byStrictness = ['rejected', 'unavailable', 'doubtful', 'pass'] as const

const issuerNotFound: OcspErrorCode = 'OCSP_ERR_ISSUER_NOT_FOUND'

// Rows 6, 7, 9 and 15. Grace is for outages: what looks like a forgery (row 8) or a refused URL (10) is not here.
const outages: ReadonlySet<string> = new Set<OcspErrorCode | CrlErrorCode>([
  'OCSP_ERR_RESPONDER_DNS', 'OCSP_ERR_RESPONDER_CONNECT', 'OCSP_ERR_RESPONDER_TLS', 'OCSP_ERR_RESPONDER_TIMEOUT',
  'OCSP_ERR_RESPONDER_SUSPENDED', 'OCSP_ERR_HTTP_STATUS', 'OCSP_ERR_CONTENT_TYPE', 'OCSP_ERR_CONTENT_ENCODING',
  'OCSP_ERR_BODY_INCOMPLETE', 'OCSP_ERR_STATUS_MALFORMED_REQUEST', 'OCSP_ERR_STATUS_INTERNAL_ERROR',
  'OCSP_ERR_STATUS_TRY_LATER', 'OCSP_ERR_STATUS_SIG_REQUIRED', 'OCSP_ERR_STATUS_UNAUTHORIZED', 'OCSP_ERR_EXPIRED',
  'OCSP_ERR_NOT_YET_VALID', 'OCSP_ERR_TOO_OLD', 'OCSP_ERR_OVERLOADED',
  'CRL_ERR_LOADING', 'CRL_ERR_UNREACHABLE', 'CRL_ERR_TIMEOUT', 'CRL_ERR_SUSPENDED', 'CRL_ERR_HTTP', 'CRL_ERR_FILE', 'CRL_ERR_EXPIRED',
  'CRL_ERR_NOT_YET_VALID', 'CRL_ERR_TOO_OLD', 'CRL_ERR_OUTDATED'
])

function withoutVerdict ({ mode, graceMs }: ClientPolicy, nowMs: number, goodEndMs: number | undefined): ClientDecision {
  switch (mode) {
    case 'soft': return 'doubtful'
    case 'grace': return goodEndMs !== undefined && nowMs < goodEndMs + graceMs ? 'doubtful' : 'unavailable'
    case 'hard': return 'unavailable'
  }
}
