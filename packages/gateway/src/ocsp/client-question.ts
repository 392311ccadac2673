import type { Certificate } from '@clinch/ocsp-core'
import type { ClientVerdict } from '@clinch/plugins'

/** What is asked about one client certificate. */
export interface ClientQuestion {
  readonly certificate: Certificate
  readonly issuer: Certificate
  /** `ssl_ocsp_responder`; undefined: the certificate's own. */
  readonly responder: string | undefined
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
export interface AskedClient {
  readonly fingerprint: string
  readonly responder: string | undefined
}

/** What was good at one responder may not be at another that an operator has chosen. */
export function clientKey ({ fingerprint, responder }: AskedClient): string {
  return responder === undefined ? fingerprint : `${fingerprint} ${responder}`
}

export function responderHost (url: string | undefined): string | undefined {
  return url === undefined ? undefined : URL.parse(url)?.host
}
