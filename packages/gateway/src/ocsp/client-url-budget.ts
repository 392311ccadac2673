import { createUrlBudget, type Certificate } from '@clinch/ocsp-core'
import { responderHost } from './client-question.ts'

/** The distinct URLs that one client address or one CA makes the gateway ask are limited (ocsp.md 10.1). */
export class ClientUrlBudget {
  readonly #budget = createUrlBudget()

  /** Why it may not be asked now; undefined: it may. `peerAddress` is undefined when no client waits. */
  refusalOf (url: string, { issuer, peerAddress }: { readonly issuer: Certificate, readonly peerAddress: string | undefined }, nowMs: number): string | undefined {
    if (peerAddress !== undefined && !this.#budget.allows(`client ${peerAddress}`, url, nowMs)) return `too many URLs a minute for one client: ${responderHost(url)}`
    return this.#budget.allows(`ca ${issuer.fingerprint}`, url, nowMs) ? undefined : `too many URLs a minute for one CA: ${responderHost(url)}`
  }
}
