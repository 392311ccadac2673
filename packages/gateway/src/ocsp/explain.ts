import { randomBytes } from 'node:crypto'
import type { ExplainedAnswer, ExplainedVerdict, Explanation } from '@clinch/admin-api'
import { askStatus, createCertId, explainResponse, verifyResponse, type AskOptions, type AskOutcome, type Certificate, type OcspClient, type RequestHash, type StatusVerdict, type UrlGuard, type Verdict, type VerifyPolicy } from '@clinch/ocsp-core'

export interface ExplainPair {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly responders: readonly string[]
  readonly policy: VerifyPolicy
  /** Epoch milliseconds: the instant to judge at. */
  readonly nowMs: number
}

export interface ExplainAsking {
  readonly client: OcspClient
  readonly deadlineMs: number
  /** Whom the URLs out of the certificate have to pass; false: what an operator names passes. */
  readonly guarded: UrlGuard | false
  /** Undefined: SHA-256, and SHA-1 where that may help. */
  readonly pinnedHash: RequestHash | undefined
}

/** Judges a response that is at hand. */
export function explainGiven (pair: ExplainPair, der: Buffer): Explanation {
  const verdict = verifyResponse({ ...pair, der })
  return explanationOf(pair, verdictOf(verdict), [{ steps: explainResponse({ ...pair, der }) }])
}

/**
 * Asks as the agent does (each responder in turn, SHA-256 and then SHA-1), and explains every response on the way. Keeps,
 * counts and remembers nothing.
 */
export async function explainAsked (pair: ExplainPair, { client, deadlineMs, guarded, pinnedHash }: ExplainAsking): Promise<Explanation> {
  const answers: ExplainedAnswer[] = []
  let nonceSent: Uint8Array | undefined
  const outcome = await askStatus({
    ...pair,
    now: () => pair.nowMs,
    random: size => (nonceSent = randomBytes(size)),
    client: watched(client, pair, () => nonceSent, answers),
    deadlineMs,
    guarded,
    pinnedHash
  })
  return explanationOf(pair, verdictOf(outcome.kind === 'verified' ? outcome.verdict : outcome), answers)
}

// Each question and its answer are set down as they pass.
function watched (client: OcspClient, pair: ExplainPair, nonceSent: () => Uint8Array | undefined, answers: ExplainedAnswer[]): OcspClient {
  return {
    deadlineMs: client.deadlineMs,
    async ask (url: string, request: Buffer, options: AskOptions = {}) {
      const answer = await client.ask(url, request, options)
      const question = { responder: url, hash: hashOf(request, pair) }
      if (answer.kind === 'failed') answers.push({ ...question, failure: { code: answer.code, detail: answer.detail }, steps: [] })
      else answers.push({ ...question, response: answer.der.toString('base64'), steps: explainResponse({ ...pair, der: answer.der, nonceSent: nonceSent() }) })
      return answer
    },
    async close () {} // the agent's to close
  }
}

function hashOf (request: Buffer, { certificate, issuer }: ExplainPair): string {
  return request.includes(createCertId(certificate, issuer, 'sha1')) ? 'sha1' : 'sha256'
}

function explanationOf ({ certificate, issuer, responders }: ExplainPair, verdict: ExplainedVerdict, answers: readonly ExplainedAnswer[]): Explanation {
  return {
    certificate: { fingerprint: certificate.fingerprint, not_after: isoTime(certificate.notAfterMs), must_staple: certificate.mustStaple, responders },
    issuer: { fingerprint: issuer.fingerprint },
    verdict,
    answers
  }
}

function verdictOf (outcome: Verdict | Exclude<AskOutcome, { kind: 'verified' }>): ExplainedVerdict {
  switch (outcome.kind) {
    case 'good':
    case 'revoked':
    case 'unknown': return statusOf(outcome)
    case 'indeterminate': return { kind: 'indeterminate', code: outcome.code, detail: outcome.detail, reason: outcome.reason }
    case 'notApplicable': return { kind: 'notApplicable', reason: outcome.reason }
    case 'unverified': throw new Error('skip_verify was not asked for')
  }
}

function statusOf (verdict: StatusVerdict): ExplainedVerdict {
  return {
    kind: verdict.kind,
    this_update: isoTime(verdict.thisUpdateMs),
    next_update: isoTime(verdict.nextUpdateMs),
    produced_at: isoTime(verdict.producedAtMs),
    usable_end: isoTime(verdict.usableEndMs),
    signer: verdict.signer.kind,
    hash: verdict.hash,
    revoked_at: verdict.revokedAtMs === undefined ? undefined : isoTime(verdict.revokedAtMs),
    reason: verdict.detail ?? verdict.reason,
    within_tolerance: verdict.withinTolerance,
    warnings: verdict.warnings
  }
}

function isoTime (epochMs: number): string {
  return new Date(epochMs).toISOString()
}
