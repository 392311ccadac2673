import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Certificate } from '../certificate/certificate.ts'
import type { UrlGuard } from '../client/guard.ts'
import type { OcspClient } from '../client/ocsp-client.ts'
import type { OcspErrorCode } from '../errors.ts'
import type { RequestHash } from '../request/cert-id.ts'
import type { VerifyPolicy } from '../response/policy.ts'
import { reasonNotToAsk } from './applicability.ts'
import { askOnce } from './ask-once.ts'
import type { AskOutcome, IndeterminateOutcome, VerifiedOutcome } from './ask-outcome.ts'
import { type HashMemory, hashOrder, memoryKey, rememberHash } from './hash-memory.ts'

export interface AskStatusOptions {
  readonly certificate: Certificate
  /** Found by findIssuer. */
  readonly issuer: Certificate
  /** From respondersFor, in order. */
  readonly responders: readonly string[]
  readonly client: OcspClient
  readonly policy: VerifyPolicy
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A CSPRNG, for nonces. */
  readonly random?: ((size: number) => Uint8Array) | undefined
  readonly hashMemory?: HashMemory | undefined
  /** Ask with this hash and no other. */
  readonly pinnedHash?: RequestHash | undefined
  readonly signal?: AbortSignal | undefined
  /** Over all responders and tries together; the client's by default. */
  readonly deadlineMs?: number | undefined
  readonly skipVerify?: boolean | undefined
  /** The responders come from a client's certificate and must pass the guard. */
  readonly guarded?: boolean | UrlGuard | undefined
}

/** What one question needs, once it is clear whom to ask. */
export interface Question extends AskStatusOptions {
  readonly responder: string
  readonly nonceFrom: (size: number) => Uint8Array
  /** How much is left of this responder's share of the deadline. Measured by a clock that does not jump. */
  readonly leftMs: () => number
}

// What a responder that knows only SHA-1 may say to a SHA-256 CertID, and the other way round.
const otherHashMayHelp: ReadonlySet<OcspErrorCode> = new Set([
  'OCSP_ERR_STATUS_MALFORMED_REQUEST', 'OCSP_ERR_STATUS_UNAUTHORIZED', 'OCSP_ERR_CERT_ID_NOT_FOUND'
])

/**
 * Asks responders in order until one gives a verified `good` or `revoked`. A verified `unknown` is kept while others are
 * asked. Each responder is asked with SHA-256 first and once more with SHA-1 where that may help; what worked is
 * remembered for 24 h. One deadline covers everything, and each responder gets its share, so that a silent one does not
 * use up the time of the next. Never rejects.
 */
export async function askStatus (options: AskStatusOptions): Promise<AskOutcome> {
  const { responders, client, now, random = randomBytes } = options
  const reason = reasonNotToAsk(options, now())
  if (reason !== undefined) return reason
  const leftMs = countdown(options.deadlineMs ?? client.deadlineMs)
  let unknown: VerifiedOutcome | undefined
  let failure: IndeterminateOutcome = { kind: 'indeterminate', code: 'OCSP_ERR_RESPONDER_TIMEOUT', detail: 'timeout' }
  for (const [index, responder] of responders.entries()) {
    if (!(leftMs() > 0)) break
    const share = countdown(leftMs() / (responders.length - index))
    const outcome = await askResponder({ ...options, responder, nonceFrom: random, leftMs: share })
    if (outcome.kind === 'indeterminate') failure = outcome
    else if (outcome.kind === 'verified' && outcome.verdict.kind === 'unknown') unknown ??= outcome
    else return outcome
  }
  return unknown ?? failure
}

async function askResponder (question: Question): Promise<Exclude<AskOutcome, { kind: 'notApplicable' }>> {
  const { responder, issuer, hashMemory, pinnedHash, now } = question
  const key = memoryKey(responder, issuer)
  const [first, second] = pinnedHash === undefined ? hashOrder(hashMemory, key, now()) : [pinnedHash]
  if (first === undefined) return { kind: 'indeterminate', code: 'OCSP_ERR_OVERLOADED', detail: 'no hash to ask with', responder }
  const outcome = await askOnce(question, first)
  const again = second !== undefined && mayHelp(outcome) && question.leftMs() > 0 ? await askOnce(question, second) : undefined
  const hash = again === undefined ? first : second
  const best = again === undefined || (outcome.kind === 'verified' && again.kind !== 'verified') ? outcome : again
  if (hash !== undefined && best.kind === 'verified' && best.verdict.kind !== 'unknown') rememberHash(hashMemory, key, hash, now())
  return best
}

function countdown (durationMs: number): () => number {
  const endMs = performance.now() + durationMs
  return () => endMs - performance.now()
}

function mayHelp (outcome: AskOutcome): boolean {
  if (outcome.kind === 'indeterminate') return otherHashMayHelp.has(outcome.code)
  return outcome.kind === 'verified' && outcome.verdict.kind === 'unknown'
}
