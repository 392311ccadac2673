import { LRUCache } from 'lru-cache'
import { ageOf, answerWithoutNews, askAgainMs, errorOf, foundOf, fromMemory, fromSource, isCurrent, type Found, type KeptError, type KeptRevocation, type KeptStatus, type NotApplicable } from './client-kept.ts'
import type { ClientOutcome } from './client-outcome.ts'
import { askedOf, clientKey, type AskedClient, type ClientAnswer, type ClientQuestion } from './client-question.ts'
import { revocationName } from './client-revocation.ts'
import { settle } from './client-settle.ts'

export const tiers = ['statuses', 'revoked', 'errors'] as const
export type Tier = typeof tiers[number]

export interface Settled {
  readonly answer: ClientAnswer
  /** The certificate turned `revoked`, or was taken off hold again. */
  readonly turn: 'revoked' | 'lifted' | undefined
  readonly result: ReturnType<typeof settle>
}

export interface ClientLimits {
  readonly maxStatuses?: number | undefined
  readonly maxRevoked?: number | undefined
}

export interface ClientVerdictsOptions extends ClientLimits {
  readonly skewMs: () => number
  readonly onHit: (tier: Tier) => void
  /** A revocation was pushed out by others. */
  readonly onEvicted: (revocation: KeptRevocation) => void
}

type Held = KeptRevocation | KeptStatus

/**
 * What this machine remembers of client certificates. Revocations stand apart, where a flood of good certificates cannot
 * push them out, and count whichever responder is asked. A failure is written beside what is held, and replaces nothing.
 */
export class ClientVerdicts {
  readonly #options: ClientVerdictsOptions
  readonly #statuses: LRUCache<string, KeptStatus>
  readonly #errors: LRUCache<string, KeptError>
  readonly #revoked: LRUCache<string, KeptRevocation>

  constructor (options: ClientVerdictsOptions) {
    const { maxStatuses = 10_000, maxRevoked = 50_000, onEvicted } = options
    this.#options = options
    this.#statuses = new LRUCache({ max: maxStatuses })
    this.#errors = new LRUCache({ max: maxStatuses })
    this.#revoked = new LRUCache({ max: maxRevoked, dispose: (kept, _fingerprint, reason) => { if (reason === 'evict') onEvicted(kept) } })
  }

  get sizes (): Readonly<Record<Tier, number>> {
    return { statuses: this.#statuses.size, revoked: this.#revoked.size, errors: this.#errors.size }
  }

  get statuses (): readonly KeptStatus[] { return [...this.#statuses.values()] }

  get revocations (): readonly KeptRevocation[] { return [...this.#revoked.values()] }

  get errors (): readonly KeptError[] { return [...this.#errors.values()] }

  /** The answer from memory; undefined: somebody has to be asked. */
  find (asked: AskedClient & { readonly maxAgeMs: number }, nowMs: number): ClientAnswer | undefined {
    const key = clientKey(asked)
    const held = this.#heldOf(asked.fingerprint, key, nowMs)
    if (held !== undefined) {
      const untilMs = askAgainMs(held, asked.maxAgeMs)
      if (nowMs < untilMs) return this.#hit(held.verdict.kind === 'revoked' ? 'revoked' : 'statuses', { verdict: fromMemory(held), untilMs })
    }
    const error = this.#errors.get(key)
    return error !== undefined && nowMs < error.untilMs ? this.#hit('errors', answerWithoutNews(held, error, nowMs)) : undefined
  }

  /** Takes in what came of asking. */
  settle (question: ClientQuestion, outcome: ClientOutcome, nowMs: number): Settled {
    const { fingerprint } = question.certificate
    const key = clientKey(askedOf(question))
    const held = this.#heldOf(fingerprint, key, nowMs)
    const result = settle(ageOf(held), outcome, nowMs)
    if (result === 'fail') {
      const error = errorOf(question, outcome, ageOf(held), this.#errors.get(key), nowMs)
      this.#errors.set(key, error)
      return { answer: answerWithoutNews(held, error, nowMs), turn: undefined, result }
    }
    this.#errors.delete(key)
    if (result === 'keep' && held !== undefined) {
      held.checkedAtMs = nowMs
      return { answer: { verdict: fromMemory(held), untilMs: askAgainMs(held, question.maxAgeMs) }, turn: undefined, result }
    }
    const taken = this.#take(question, outcome, held, nowMs)
    return { answer: { verdict: fromSource(taken), untilMs: askAgainMs(taken, question.maxAgeMs) }, turn: turnOf(held, taken), result: 'take' }
  }

  /** Which source revoked it, if it is. */
  revokedBy (fingerprint: string, nowMs: number): 'ocsp' | 'crl' | undefined {
    const revoked = this.#revoked.peek(fingerprint)
    return revoked !== undefined && nowMs < revoked.notAfterMs ? ageOf(revoked)?.source : undefined
  }

  /** A CRL has come, or has not: who had to do without may ask again. */
  forgetErrorsThatAwaitCrls (): void {
    for (const [key, { awaitsCrl }] of this.#errors.entries()) if (awaitsCrl) this.#errors.delete(key)
  }

  /** A revocation that was kept on disk and was verified again; one that is held already is newer. */
  restore (revocation: KeptRevocation): void {
    if (!this.#revoked.has(revocation.fingerprint)) this.#revoked.set(revocation.fingerprint, revocation)
  }

  /** Undefined where the certificate is revoked, whatever was said of it before. */
  statusOf (key: string): KeptStatus | undefined {
    const status = this.#statuses.peek(key)
    return status === undefined || this.#revoked.has(status.fingerprint) ? undefined : status
  }

  revocationOf (fingerprint: string): KeptRevocation | undefined { return this.#revoked.peek(fingerprint) }

  /** A client came with it. */
  see (client: AskedClient, nowMs: number): void {
    const status = this.#statuses.get(clientKey(client))
    if (status !== undefined) status.seenMs = nowMs
  }

  /** Revocations of certificates that have expired; they are remembered no longer. */
  dropEnded (nowMs: number): readonly KeptRevocation[] {
    const ended = this.revocations.filter(({ notAfterMs }) => nowMs >= notAfterMs)
    for (const { fingerprint } of ended) this.#revoked.delete(fingerprint)
    return ended
  }

  forgetStatuses (): void {
    this.#statuses.clear()
    this.#errors.clear()
  }

  /** The wall clock was set by so much: what was noted by it moves with it, what responses say does not. */
  clockJumped (byMs: number): void {
    for (const kept of [...this.#statuses.values(), ...this.#revoked.values()]) kept.checkedAtMs += byMs
    for (const status of this.#statuses.values()) status.seenMs += byMs
    for (const [key, error] of [...this.#errors.entries()]) this.#errors.set(key, { ...error, sinceMs: error.sinceMs + byMs, untilMs: error.untilMs + byMs })
  }

  /** Whether there was anything to forget. */
  forget (fingerprint: string): boolean {
    const isOfIt = ([, kept]: readonly [string, { readonly fingerprint: string }]): boolean => kept.fingerprint === fingerprint
    const keys = [...this.#statuses.entries(), ...this.#errors.entries()].filter(isOfIt).map(([key]) => key)
    for (const key of keys) {
      this.#statuses.delete(key)
      this.#errors.delete(key)
    }
    return this.#revoked.delete(fingerprint) || keys.length > 0
  }

  #heldOf (fingerprint: string, key: string, nowMs: number): Held | undefined {
    const revoked = this.#revoked.get(fingerprint)
    if (revoked !== undefined && nowMs < revoked.notAfterMs) return revoked
    const status = this.#statuses.get(key)
    return status !== undefined && isCurrent(status.verdict, nowMs, this.#options.skewMs()) ? status : undefined
  }

  #take (question: ClientQuestion, outcome: ClientOutcome, held: Held | undefined, nowMs: number): Held {
    const { certificate, ...rest } = question
    const { fingerprint, notAfterMs, serialNumber, der: certificateDer } = certificate
    const decided = outcome.kind === 'verified' || outcome.kind === 'byCrl' ? outcome : undefined
    const verdict = verdictOf(outcome)
    const key = clientKey(askedOf(question))
    const sinceMs = held?.verdict.kind === verdict.kind ? held.sinceMs : nowMs
    const kept = { fingerprint, producedAtMs: decided?.verdict.producedAtMs ?? 0, askedOf: decided?.responder, sslId: question.sslId, sinceMs, checkedAtMs: nowMs }
    if (verdict.kind === 'revoked') {
      const revocation: KeptRevocation = { ...kept, verdict, notAfterMs, name: revocationName(certificate, question.issuer) }
      this.#statuses.delete(key)
      this.#revoked.set(fingerprint, revocation)
      return revocation
    }
    const seenMs = question.peerAddress === undefined ? this.#statuses.peek(key)?.seenMs ?? nowMs : nowMs
    const status: KeptStatus = { ...kept, verdict, certificateDer, serialNumber, question: rest, seenMs, failures: 0 }
    this.#revoked.delete(fingerprint)
    this.#statuses.set(key, status)
    return status
  }

  #hit (tier: Tier, answer: ClientAnswer): ClientAnswer {
    this.#options.onHit(tier)
    return answer
  }
}

function turnOf (before: Held | undefined, after: Held): Settled['turn'] {
  const [wasRevoked, isRevoked] = [before?.verdict.kind === 'revoked', after.verdict.kind === 'revoked']
  if (wasRevoked === isRevoked) return undefined
  return isRevoked ? 'revoked' : 'lifted'
}

function verdictOf (outcome: ClientOutcome): Found | NotApplicable {
  switch (outcome.kind) {
    case 'byCrl':
    case 'verified': return foundOf(outcome.verdict)
    case 'notApplicable': return { kind: 'notApplicable', reason: outcome.reason }
    case 'unverified':
    case 'indeterminate': throw new Error('there is no verdict in this outcome') // settle calls it a failure
  }
}
