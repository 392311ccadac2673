import type { ClientStatus, CrlStatus, Explained, ExplainQuestion, OcspInspection, StapleStatus } from '@clinch/admin-api'
import { findIssuer, OcspError, parsePemCertificates, respondersFor, type OcspClient, type RequestHash, type UrlGuard, type VerifyPolicy } from '@clinch/ocsp-core'
import { explainAsked, explainGiven } from './explain.ts'

/** What the agent lends to those who look at it. */
export interface InspectedAgent {
  readonly stapler: {
    readonly views: readonly StapleStatus[]
    refresh (sslId: string): Promise<number>
    purge (sslId: string): Promise<number>
  }
  readonly checker: {
    readonly views: readonly ClientStatus[]
    readonly crls: readonly CrlStatus[]
    forget (fingerprint: string): Promise<boolean>
  }
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

/** The agent as the Admin and control APIs show and steer it. */
export function createInspection ({ stapler, checker, ...explaining }: InspectedAgent): OcspInspection {
  return {
    staples: () => stapler.views.map(stapleStatusOf),
    clients: () => checker.views.map(clientStatusOf),
    crls: () => checker.crls.map(crlStatusOf),
    refresh: async sslId => await stapler.refresh(sslId),
    purge: async sslId => await stapler.purge(sslId),
    forgetClient: async fingerprint => await checker.forget(fingerprint),
    explain: async question => await explain(question, explaining)
  }
}

// Lists of what may leave: a member that a view gains is not shown before it stands here.
function stapleStatusOf (view: StapleStatus): StapleStatus {
  const { ssl_id: sslId, snis, fingerprint, state, must_staple: mustStaple, verified, this_update: thisUpdate, usable_end: usableEnd, fetched_at: fetchedAt, due, responder, signer, hash, last_error: lastError, failures } = view
  return { ssl_id: sslId, snis, fingerprint, state, must_staple: mustStaple, verified, this_update: thisUpdate, usable_end: usableEnd, fetched_at: fetchedAt, due, responder, signer, hash, last_error: lastError, failures }
}

function clientStatusOf (view: ClientStatus): ClientStatus {
  const { fingerprint, state, source, since, this_update: thisUpdate, usable_end: usableEnd, known_until: knownUntil, responder, ssl_id: sslId, code } = view
  return { fingerprint, state, source, since, this_update: thisUpdate, usable_end: usableEnd, known_until: knownUntil, responder, ssl_id: sslId, code }
}

function crlStatusOf (view: CrlStatus): CrlStatus {
  const { id, place, issuer, state, this_update: thisUpdate, next_update: nextUpdate, entries, number, fetched_at: fetchedAt, due, last_error: lastError, failures } = view
  return { id, place, issuer, state, this_update: thisUpdate, next_update: nextUpdate, entries, number, fetched_at: fetchedAt, due, last_error: lastError, failures }
}

async function explain (question: ExplainQuestion, { client, settings, now }: Pick<InspectedAgent, 'client' | 'settings' | 'now'>): Promise<Explained> {
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
