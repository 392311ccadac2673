import { askStatus, findIssuer, parseCertificate, respondersFor, type AskOutcome, type HashMemory, type OcspClient, type RequestHash, type VerifyPolicy } from '@clinch/ocsp-core'
import type { ClientVerdict } from '@clinch/plugins'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { ClientCheckMessage } from '../ipc/messages.ts'
import type { FetchMetrics } from './fetch-metrics.ts'

export interface ClientCheckerOptions {
  readonly client: OcspClient
  readonly hashMemory: HashMemory
  readonly metrics: FetchMetrics
  readonly log: Logger
  readonly now: () => number
  readonly policy: () => VerifyPolicy
  readonly pinnedHash: () => RequestHash | undefined
}

interface Known {
  readonly verdict: ClientVerdict
  readonly untilMs: number
}

const maxKnown = 10_000
const maxRevoked = 50_000
const errorCacheMs = 30_000

/**
 * Answers for the whole machine whether a client's certificate is revoked: from memory, else by asking once, whoever
 * waits. What was revoked stays revoked; it is kept apart, where a flood of good certificates cannot push it out.
 */
export class ClientChecker {
  readonly #options: ClientCheckerOptions
  readonly #known = new LRUCache<string, Known>({ max: maxKnown })
  readonly #revoked = new LRUCache<string, Known>({ max: maxRevoked })
  readonly #asking = new Map<string, Promise<ClientVerdict>>()
  readonly #stopping = new AbortController()

  constructor (options: ClientCheckerOptions) {
    this.#options = options
  }

  async check (check: ClientCheckMessage): Promise<ClientVerdict> {
    const certificate = parseCertificate(check.certificateDer)
    const key = `${certificate.fingerprint}\n${check.responder ?? ''}`
    const known = this.#known.get(key)
    if (known !== undefined && this.#options.now() < known.untilMs) return known.verdict
    const asking = this.#asking.get(key) ?? this.#ask(key, check).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    return await asking
  }

  async close (): Promise<void> {
    this.#stopping.abort()
    await Promise.allSettled(this.#asking.values())
  }

  async #ask (key: string, check: ClientCheckMessage): Promise<ClientVerdict> {
    const certificate = parseCertificate(check.certificateDer)
    const issuer = findIssuer(certificate, check.issuersDer.map(der => parseCertificate(der)))
    if (issuer === undefined) return { kind: 'indeterminate', code: 'OCSP_ERR_ISSUER_NOT_FOUND', detail: 'issuer certificate not found' }
    const stop = this.#options.metrics.start('client')
    const outcome = await askStatus({
      certificate,
      issuer,
      responders: respondersFor(certificate, { override: check.responder }),
      client: this.#options.client,
      policy: this.#options.policy(),
      pinnedHash: this.#options.pinnedHash(),
      now: this.#options.now,
      hashMemory: this.#options.hashMemory,
      deadlineMs: check.deadlineMs,
      signal: this.#stopping.signal
    })
    stop(outcome.kind === 'indeterminate' ? outcome.code : outcome.kind === 'verified' ? outcome.verdict.kind : outcome.kind)
    return this.#remember(key, certificate.notAfterMs, this.#stickToRevoked(key, verdictOf(outcome)), check.maxAgeMs)
  }

  // Revoked yields only to a good that is strictly newer: a hold was lifted (ocsp.md 10.2).
  #stickToRevoked (key: string, verdict: ClientVerdict): ClientVerdict {
    const revoked = this.#revoked.get(key)?.verdict
    if (revoked?.kind !== 'revoked' || verdict.kind === 'revoked') return verdict
    if (verdict.kind === 'good' && verdict.thisUpdateMs > revoked.thisUpdateMs) {
      this.#revoked.delete(key)
      return verdict
    }
    return revoked
  }

  #remember (key: string, notAfterMs: number, verdict: ClientVerdict, maxAgeMs: number): ClientVerdict {
    const nowMs = this.#options.now()
    switch (verdict.kind) {
      case 'revoked':
        this.#revoked.set(key, { verdict, untilMs: notAfterMs })
        this.#known.set(key, { verdict, untilMs: Math.min(nowMs + maxAgeMs, Math.max(verdict.usableEndMs, nowMs + errorCacheMs)) })
        break
      case 'good':
      case 'unknown': this.#known.set(key, { verdict, untilMs: Math.min(nowMs + maxAgeMs, verdict.usableEndMs) }); break
      case 'indeterminate': this.#known.set(key, { verdict, untilMs: nowMs + errorCacheMs }); break
      case 'notApplicable': this.#known.set(key, { verdict, untilMs: nowMs + maxAgeMs }); break
    }
    return verdict
  }
}

function verdictOf (outcome: AskOutcome): ClientVerdict {
  switch (outcome.kind) {
    case 'verified': return { kind: outcome.verdict.kind, source: 'ocsp', thisUpdateMs: outcome.verdict.thisUpdateMs, usableEndMs: outcome.verdict.usableEndMs }
    case 'unverified': return { kind: 'indeterminate', code: 'OCSP_ERR_SIGNATURE_INVALID', detail: 'an unverified response is no verdict' }
    case 'indeterminate': return { kind: 'indeterminate', code: outcome.code, detail: outcome.detail }
    case 'notApplicable': return { kind: 'notApplicable', reason: outcome.reason }
  }
}
