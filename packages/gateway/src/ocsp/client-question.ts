import type { Certificate } from '@clinch/ocsp-core'
import type { ClientVerdict, SourcePreference } from '@clinch/plugins'

/** What is asked about one client certificate. */
export interface ClientQuestion {
  readonly certificate: Certificate
  readonly issuer: Certificate
  /** `ssl_ocsp_responder`; undefined: the certificate's own. */
  readonly responder: string | undefined
  /** Undefined: `ocsp`. */
  readonly prefer?: SourcePreference | undefined
  /** `ssl_crl`; undefined: the certificate's own distribution points. */
  readonly crl?: string | undefined
  /** At hand of those whom the certificate states as issuers of its CRL. */
  readonly crlIssuers: readonly Certificate[]
  readonly maxAgeMs: number
  readonly deadlineMs: number
  /** For whom it was asked first; shown to operators. */
  readonly sslId: string
  /** Undefined: no client waits for the answer. */
  readonly peerAddress: string | undefined
}

/** A verdict, and until when it may be used without asking the primary again (epoch milliseconds). */
export interface ClientAnswer {
  readonly verdict: ClientVerdict
  readonly untilMs: number
}

/** Which certificate was asked about, and whom. */
export interface AskedClient extends Pick<ClientQuestion, 'responder' | 'prefer' | 'crl'> {
  readonly fingerprint: string
}

/** What was good at one source may not be at another that an operator has chosen. */
export function clientKey ({ fingerprint, responder = '', prefer = 'ocsp', crl = '' }: AskedClient): string {
  const sources = `${responder} ${prefer} ${crl}`
  return sources === ' ocsp ' ? fingerprint : `${fingerprint} ${sources}`
}

export function askedOf ({ certificate: { fingerprint }, responder, prefer, crl }: ClientQuestion): AskedClient {
  return { fingerprint, responder, prefer, crl }
}

export function responderHost (url: string | undefined): string | undefined {
  return url === undefined ? undefined : URL.parse(url)?.host
}
