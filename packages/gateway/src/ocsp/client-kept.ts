import type { CrlVerdict, StatusVerdict } from '@clinch/ocsp-core'
import type { ClientVerdict } from '@clinch/plugins'
import type { ClientOutcome, StatusErrorCode } from './client-outcome.ts'
import { askedOf, type AskedClient, type ClientAnswer, type ClientQuestion } from './client-question.ts'
import type { HeldAge } from './client-settle.ts'

export type Found = Extract<ClientVerdict, { readonly source: unknown }>
export type NotApplicable = Extract<ClientVerdict, { readonly kind: 'notApplicable' }>
export type Indeterminate = Extract<ClientVerdict, { readonly kind: 'indeterminate' }>

/** What an answer said of a certificate. */
interface Kept {
  readonly fingerprint: string
  readonly producedAtMs: number
  /** The URL that was asked; undefined: nobody was, or it was read from disk. */
  readonly askedOf: string | undefined
  readonly sslId: string | undefined
  readonly sinceMs: number
  /** When a responder last said so. */
  checkedAtMs: number
}

export interface KeptRevocation extends Kept {
  readonly verdict: Found
  readonly notAfterMs: number
  /** Of its file. */
  readonly name: string
}

export interface KeptStatus extends Kept {
  readonly verdict: Found | NotApplicable
  readonly certificateDer: Buffer
  readonly serialNumber: Buffer
  /** For asking again without being asked. */
  readonly question: Omit<ClientQuestion, 'certificate'>
  /** When a client last came with it. */
  seenMs: number
  /** Times in a row that asking ahead came to nothing. */
  failures: number
}

export interface KeptError extends AskedClient {
  readonly verdict: Indeterminate
  readonly sslId: string
  readonly sinceMs: number
  readonly untilMs: number
  /** There was no CRL to be had: nobody has to wait for the end of this when one has come. */
  readonly awaitsCrl: boolean
}

/** How long nobody is asked again after a failure (ocsp.md section 12). */
export const errorCacheMs = 30_000
/** Workers ask again soon when there was no verdict: the primary may know more by then. */
const workerErrorMs = 1000

/** When a responder has to be asked again about what is held, epoch milliseconds. */
export function askAgainMs ({ verdict, checkedAtMs }: Pick<KeptStatus, 'verdict' | 'checkedAtMs'>, maxAgeMs: number): number {
  switch (verdict.kind) {
    case 'notApplicable': return checkedAtMs + maxAgeMs
    case 'good':
    case 'unknown': return Math.min(checkedAtMs + maxAgeMs, verdict.usableEndMs)
    // it holds anyway: asking is for the hold that may be lifted
    case 'revoked': return Math.max(Math.min(checkedAtMs + maxAgeMs, verdict.usableEndMs), checkedAtMs + errorCacheMs)
  }
}

/**
 * Whether what is held may be used by this clock, which may have been set. A revocation always may; a response from the future
 * (ocsp.md 6.4) may not.
 */
export function isCurrent (verdict: Found | NotApplicable, nowMs: number, skewMs: number): boolean {
  return verdict.kind === 'revoked' || verdict.kind === 'notApplicable' || verdict.thisUpdateMs <= nowMs + skewMs
}

/** Nobody had news: what is held goes on while it may, else there is no verdict, and grace is told of the last good. */
export function answerWithoutNews (held: KeptRevocation | KeptStatus | undefined, error: KeptError, nowMs: number): ClientAnswer {
  if (held?.verdict.kind === 'revoked') return { verdict: fromMemory(held), untilMs: error.untilMs }
  if (held?.verdict.kind !== 'good') return { verdict: error.verdict, untilMs: nowMs + workerErrorMs }
  const { usableEndMs } = held.verdict
  if (nowMs < usableEndMs) return { verdict: fromMemory(held), untilMs: Math.min(error.untilMs, usableEndMs) }
  return { verdict: { ...error.verdict, lastGood: { usableEndMs } }, untilMs: nowMs + workerErrorMs }
}

export function fromMemory ({ verdict, checkedAtMs }: Pick<KeptStatus, 'verdict' | 'checkedAtMs'>): Found | NotApplicable {
  return verdict.kind === 'notApplicable' ? verdict : { ...verdict, source: 'cache', checkedAtMs }
}

/** What was taken just now. */
export function fromSource ({ verdict, checkedAtMs }: Pick<KeptStatus, 'verdict' | 'checkedAtMs'>): Found | NotApplicable {
  return verdict.kind === 'notApplicable' ? verdict : { ...verdict, checkedAtMs }
}

export function ageOf (held: KeptRevocation | KeptStatus | undefined): HeldAge | undefined {
  if (held === undefined || held.verdict.kind === 'notApplicable') return undefined
  const { kind, thisUpdateMs, usableEndMs, source } = held.verdict
  return { kind, thisUpdateMs, usableEndMs, producedAtMs: held.producedAtMs, source: source === 'crl' ? 'crl' : 'ocsp' }
}

export function foundOf ({ kind, source, thisUpdateMs, usableEndMs }: StatusVerdict | CrlVerdict): Found {
  return { kind, source, thisUpdateMs, usableEndMs }
}

/** The failure to write beside what is held, which it never outlives when that is still good. */
export function errorOf (question: ClientQuestion, outcome: ClientOutcome, held: HeldAge | undefined, before: KeptError | undefined, nowMs: number): KeptError {
  const { code, detail } = failureOf(outcome)
  const isSuspended = outcome.kind === 'indeterminate' && (code === 'OCSP_ERR_RESPONDER_SUSPENDED' || code === 'CRL_ERR_SUSPENDED')
  const pauseMs = isSuspended ? Math.min(outcome.retryAfterMs ?? errorCacheMs, errorCacheMs) : errorCacheMs
  const mustEndMs = held?.kind === 'good' && nowMs < held.usableEndMs ? held.usableEndMs : Infinity
  return {
    ...askedOf(question),
    sslId: question.sslId,
    verdict: { kind: 'indeterminate', code, detail },
    sinceMs: before?.verdict.code === code ? before.sinceMs : nowMs,
    untilMs: Math.min(nowMs + pauseMs, mustEndMs),
    awaitsCrl: outcome.kind === 'indeterminate' && outcome.awaitsCrl
  }
}

function failureOf (outcome: ClientOutcome): { code: StatusErrorCode, detail: string } {
  switch (outcome.kind) {
    case 'indeterminate': return outcome
    case 'byCrl': return { code: 'CRL_ERR_OUTDATED', detail: `the CRL says ${outcome.verdict.kind}, which is no news` }
    case 'verified': return { code: 'OCSP_ERR_CERT_ID_NOT_FOUND', detail: `the responder says ${outcome.verdict.kind}, which is no news` }
    case 'unverified': return { code: 'OCSP_ERR_SIGNATURE_INVALID', detail: 'an unverified response is no verdict' }
    case 'notApplicable': return { code: 'OCSP_ERR_CERT_ID_NOT_FOUND', detail: `nobody was asked: ${outcome.reason}` }
  }
}
