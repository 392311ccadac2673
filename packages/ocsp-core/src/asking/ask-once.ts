import { buildRequest } from '../request/build-request.ts'
import type { RequestHash } from '../request/cert-id.ts'
import { readUnverified } from '../response/read-unverified.ts'
import { verifyResponse } from '../response/verify-response.ts'
import type { AskAnswer } from '../client/exchange.ts'
import type { AskOutcome } from './ask-outcome.ts'
import type { Question } from './ask-status.ts'

export type OneOutcome = Exclude<AskOutcome, { kind: 'notApplicable' }>

const nonceOctets = 32

/** One responder, one hash; asked once more, past the caches, if what came back is past its end. [RFC 9919 7.2] */
export async function askOnce (question: Question, hash: RequestHash): Promise<OneOutcome> {
  const outcome = await tryOnce(question, hash, false)
  if (!isPastItsEnd(outcome, question.now()) || !(question.leftMs() > 0)) return outcome
  const fresh = await tryOnce(question, hash, true)
  return fresh.kind === 'indeterminate' && outcome.kind !== 'indeterminate' ? outcome : fresh
}

function isPastItsEnd (outcome: OneOutcome, nowMs: number): boolean {
  switch (outcome.kind) {
    case 'verified': return outcome.verdict.nextUpdateMs <= nowMs
    case 'unverified': return outcome.facts.nextUpdateMs <= nowMs
    case 'indeterminate': return outcome.code === 'OCSP_ERR_EXPIRED'
  }
}

async function tryOnce (question: Question, hash: RequestHash, noCache: boolean): Promise<OneOutcome> {
  const { certificate, issuer, responder, client, policy, leftMs, signal, guarded } = question
  const nonce = (policy.nonce ?? 'off') === 'off' ? undefined : question.nonceFrom(nonceOctets)
  const request = buildRequest({ certificate, issuer, hash, nonce })
  const answer = await client.ask(responder, request, {
    deadlineMs: Math.max(1, leftMs()), nonceUsed: nonce !== undefined, noCache, signal, guarded
  })
  if (answer.kind === 'answer') return judge(question, answer, nonce)
  const { code, detail, retryAfterMs } = answer
  return { kind: 'indeterminate', code, detail, responder, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

function judge ({ certificate, issuer, policy, now, responder, skipVerify = false }: Question, answer: AskAnswer, nonceSent: Uint8Array | undefined): OneOutcome {
  const { kind: _, ...facts } = answer
  const nowMs = now()
  if (skipVerify) {
    const read = readUnverified({ ...policy, der: answer.der, certificate, issuer, nowMs })
    return read.kind === 'unverified' ? { kind: 'unverified', facts: read, responder, ...facts } : { ...read, responder }
  }
  const verdict = verifyResponse({ der: answer.der, certificate, issuer, nowMs, policy, nonceSent })
  return verdict.kind === 'indeterminate' ? { ...verdict, responder } : { kind: 'verified', verdict, responder, ...facts }
}
