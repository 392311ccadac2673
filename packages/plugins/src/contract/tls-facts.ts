import type { Certificate } from '@clinch/ocsp-core'
import type { Ssl } from '@clinch/schema'

/** The client's certificate as the handshake left it. */
export interface ClientCertificate {
  /** `SUCCESS`, `FAILED:reason`; `NONE` is the absence of the whole. */
  readonly verify: 'SUCCESS' | `FAILED:${string}`
  readonly certificate: Certificate
  /** Every certificate that may have issued one of the chain: the CAs of the resource and what the client sent. */
  readonly issuers: readonly Certificate[]
}

export interface TlsFacts {
  readonly sni: string | undefined
  readonly protocol: string
  readonly cipher: string
  readonly resumed: boolean
  /** The ssl resource of the handshake, its defaults filled in; plugins find their own properties on it. */
  readonly sslId: string
  readonly ssl: Ssl & Readonly<Record<string, unknown>>
  readonly client: ClientCertificate | undefined
  /** The connection stands and falls with these, in place of those named before: when one is revoked, it is ended. */
  dependOn (certificates: readonly Certificate[]): void
}
