import type { ClientCheck, ClientVerdict, OcspService } from '@clinch/plugins'
import { LRUCache } from 'lru-cache'
import type { ClientCheckMessage } from '../ipc/messages.ts'

const maxVerdicts = 10_000
const errorCacheMs = 1000

/** Client verdicts as a worker has them: from memory, else by one message to the primary, whoever waits. */
export class RemoteOcsp implements OcspService {
  readonly #ask: (check: ClientCheckMessage) => void
  readonly #now: () => number
  readonly #verdicts = new LRUCache<string, { readonly verdict: ClientVerdict, readonly untilMs: number }>({ max: maxVerdicts })
  readonly #asking = new Map<string, Promise<ClientVerdict>>()
  readonly #waiting = new Map<number, (verdict: ClientVerdict) => void>()
  #lastRequestId = 0

  constructor (ask: (check: ClientCheckMessage) => void, now: () => number) {
    this.#ask = ask
    this.#now = now
  }

  checkClient (check: ClientCheck): ClientVerdict | Promise<ClientVerdict> {
    const key = check.responder === undefined ? check.certificate.fingerprint : `${check.certificate.fingerprint}\n${check.responder}`
    const known = this.#verdicts.get(key)
    if (known !== undefined && this.#now() < known.untilMs) return known.verdict
    const asking = this.#asking.get(key)
    if (asking !== undefined) return asking
    const asked = this.#askPrimary(check).then(verdict => {
      this.#asking.delete(key)
      this.#verdicts.set(key, { verdict, untilMs: this.#endOf(verdict, check.maxAgeMs) })
      return verdict
    })
    this.#asking.set(key, asked)
    return asked
  }

  answer (requestId: number, verdict: ClientVerdict): void {
    this.#waiting.get(requestId)?.(verdict)
    this.#waiting.delete(requestId)
  }

  async #askPrimary (check: ClientCheck): Promise<ClientVerdict> {
    const requestId = ++this.#lastRequestId
    return await new Promise(resolve => {
      this.#waiting.set(requestId, resolve)
      this.#ask({
        requestId,
        certificateDer: check.certificate.der,
        issuersDer: check.issuers.map(issuer => issuer.der),
        responder: check.responder,
        maxAgeMs: check.maxAgeMs,
        deadlineMs: check.deadlineMs
      })
    })
  }

  // Verdicts end with their usable end; without one the primary is asked again soon, and knows best.
  #endOf (verdict: ClientVerdict, maxAgeMs: number): number {
    const nowMs = this.#now()
    switch (verdict.kind) {
      case 'good':
      case 'revoked':
      case 'unknown': return Math.min(nowMs + maxAgeMs, Math.max(verdict.usableEndMs, nowMs + errorCacheMs))
      case 'indeterminate': return nowMs + errorCacheMs
      case 'notApplicable': return nowMs + maxAgeMs
    }
  }
}
