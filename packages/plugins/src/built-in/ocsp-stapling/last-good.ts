import type { Certificate } from '@clinch/ocsp-core'
import type { ClientVerdict } from '../../contract/host.ts'

const mostRemembered = 10_000

/** Until when each client certificate was last known to be good; what mode `grace` draws on. Bounded. */
export class LastGood {
  readonly #endMs = new Map<string, number>()

  endOf (certificate: Certificate): number | undefined {
    return this.#endMs.get(certificate.fingerprint)
  }

  /** A verified `revoked` or `unknown` wipes out the good of before, no news leave it. */
  note (certificate: Certificate, verdict: ClientVerdict): void {
    if (verdict.kind !== 'good' && verdict.kind !== 'revoked' && verdict.kind !== 'unknown') return
    this.#endMs.delete(certificate.fingerprint)
    if (verdict.kind !== 'good') return
    this.#endMs.set(certificate.fingerprint, verdict.usableEndMs)
    for (const oldest of this.#endMs.keys()) {
      if (this.#endMs.size <= mostRemembered) break
      this.#endMs.delete(oldest)
    }
  }
}
