import type { Explained, ExplainQuestion, OcspInspection } from '@clinch/admin-api'
import { findIssuer, OcspError, parsePemCertificates, respondersFor, type OcspClient, type RequestHash, type UrlGuard, type VerifyPolicy } from '@clinch/ocsp-core'
import { explainAsked, explainGiven } from './explain.ts'

export interface ExplainerOptions {
  readonly client: () => OcspClient
  readonly settings: () => {
    readonly staplePolicy: VerifyPolicy
    readonly clientPolicy: VerifyPolicy
    readonly clientGuard: UrlGuard
    readonly responderTimeoutMs: number
    readonly pinnedHash: RequestHash | undefined
  }
  readonly now: () => number
}

/** Answers questions of operators by the rules of this machine; it needs no agent and changes nothing. */
export function createExplainer (options: ExplainerOptions): OcspInspection['explain'] {
  return async question => await explain(question, options)
}

async function explain (question: ExplainQuestion, { client, settings, now }: ExplainerOptions): Promise<Explained> {
  try {
    const [certificate, ...chain] = parsePemCertificates(question.cert)
    if (certificate === undefined) return { kind: 'refused', reason: 'there is no certificate in "cert"' }
    const issuer = findIssuer(certificate, question.issuer === undefined ? chain : parsePemCertificates(question.issuer))
    if (issuer === undefined) return { kind: 'refused', reason: question.issuer === undefined ? 'the issuer is not in "cert": give it as "issuer"' : 'the certificate in "issuer" did not issue the one in "cert"' }
    const { staplePolicy, clientPolicy, clientGuard, responderTimeoutMs: deadlineMs, pinnedHash } = settings()
    const isClient = question.policy.purpose === 'client'
    const responders = respondersFor(certificate, { override: question.responder })
    const pair = {
      certificate,
      issuer,
      responders,
      policy: policyOf(question.policy, isClient ? clientPolicy : staplePolicy),
      nowMs: question.at === undefined ? now() : Date.parse(question.at)
    }
    const explanation = question.response === undefined
      ? await explainAsked(pair, { client: client(), deadlineMs, pinnedHash, guarded: isClient && question.responder === undefined ? clientGuard : false })
      : explainGiven(pair, Buffer.from(question.response, 'base64'))
    return { kind: 'explained', explanation }
  } catch (error) {
    if (error instanceof OcspError) return { kind: 'refused', reason: `a certificate cannot be read: ${error.detail}` }
    throw error
  }
}

function policyOf (asked: ExplainQuestion['policy'], standing: VerifyPolicy): VerifyPolicy {
  const ms = (seconds: number | undefined, fallbackMs: number | undefined) => seconds === undefined ? fallbackMs : seconds * 1000
  return {
    ...standing,
    skewMs: ms(asked.skew, standing.skewMs) ?? standing.skewMs,
    maxWindowMs: ms(asked.max_window, standing.maxWindowMs),
    maxAgeMs: ms(asked.response_max_age, standing.maxAgeMs),
    withoutNextUpdateTtlMs: ms(asked.without_next_update_ttl, standing.withoutNextUpdateTtlMs),
    allowSha1Signatures: asked.allow_sha1_signatures ?? standing.allowSha1Signatures,
    trustedResponders: asked.trusted_responders === undefined ? standing.trustedResponders : parsePemCertificates(asked.trusted_responders),
    delegateRevocation: asked.delegate_revocation ?? standing.delegateRevocation,
    nonce: asked.nonce ?? standing.nonce
  }
}
