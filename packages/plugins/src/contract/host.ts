import type { Certificate } from '@clinch/ocsp-core'
import type { Upstream } from '@clinch/schema'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { LogFile } from './log-file.ts'
import type { MachineLink } from './machine.ts'
import type { Share } from './shared.ts'
import type { PluginUpstream } from './upstream.ts'

/** What may be known of a client certificate's status (ocsp.md 7.2, 10.3). */
export type ClientVerdict =
  /** `checkedAtMs`: when a source was last asked and said so, where that is known. */
  | { readonly kind: 'good' | 'revoked' | 'unknown', readonly source: 'ocsp' | 'crl' | 'cache', readonly thisUpdateMs: number, readonly usableEndMs: number, readonly checkedAtMs?: number }
  /** `lastGood`: there was a verified `good` before, which has ended. */
  | { readonly kind: 'indeterminate', readonly code: string, readonly detail: string, readonly lastGood?: { readonly usableEndMs: number } }
  | { readonly kind: 'notApplicable', readonly reason: 'noRevAvail' | 'nocheck' | 'trustAnchor' | 'noResponder' }

/**
 * Which source of a status is asked first, and whether the other one is asked when it does not decide. With `ocsp_only` and
 * `crl_only` it is as if a certificate named nothing of the other.
 */
export type SourcePreference = 'ocsp' | 'crl' | 'ocsp_only' | 'crl_only'

export interface ClientCheck {
  readonly certificate: Certificate
  /** Where the issuer is looked for. */
  readonly issuers: readonly Certificate[]
  /** `ssl_ocsp_responder`; undefined: the certificate's own. */
  readonly responder: string | undefined
  /** Undefined: `ocsp`. */
  readonly prefer?: SourcePreference | undefined
  /** `ssl_crl`; undefined: the certificate's own distribution points. */
  readonly crl?: string | undefined
  /** The longest time before the responder is asked again, however long its answer is good for. */
  readonly maxAgeMs: number
  readonly deadlineMs: number
  /** For whom it is asked; shown to operators. */
  readonly sslId: string
  /** The TCP peer: how many responders are asked for one client is limited. */
  readonly peerAddress: string
}

export interface OcspService {
  /** From memory when it is known, which takes no promise; else asked for once, whoever waits. */
  checkClient (check: ClientCheck): ClientVerdict | Promise<ClientVerdict>
  /**
   * Who issued a certificate, where the chain is not at hand: on a resumed session the client sends none. Undefined when
   * nobody came with that issuer before.
   */
  findIssuer (certificate: Certificate): Certificate | undefined | Promise<Certificate | undefined>
  /** Issuers of a client's path whose signatures were verified: `findIssuer` knows them from then on, in every worker. */
  rememberIssuers (issuers: readonly Certificate[]): void
}

/** All that a plugin may touch in a worker. */
export interface PluginHost<Attr = unknown> {
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** `plugin_attr.{name}` with its defaults. */
  readonly attr: Attr
  /** `plugin_metadata/{name}` as it is now, checked, with its defaults; undefined when there is none. */
  readonly metadata: () => Readonly<Record<string, unknown>> | undefined
  /** The ports of the TLS listeners as they are configured. */
  readonly tlsPorts: readonly number[]
  readonly ocsp: OcspService
  /** Metrics registered here are summed over the workers of the machine. */
  readonly metrics: Registry
  /** What the names of the gateway's own metrics begin with: `plugin_attr.prometheus.metric_prefix` as it was at the start. */
  readonly metricPrefix: string
  /** To what the plugin's `machine` made in the primary. */
  readonly machine: MachineLink
  readonly share: Share
  /**
   * A file for lines of a log, shared with all who name the same; opened anew when the operator has moved it away.
   *
   * @param path - relative to the folder of config.yaml, or to the one above when that is called `conf`
   */
  readonly openLogFile: (path: string) => LogFile
}

/** What a plugin has besides while a configuration of it is compiled. */
export interface CreateHost<Attr = unknown> extends PluginHost<Attr> {
  /**
   * Compiles an upstream that stands in a plugin's configuration, the same way as those of routes.
   *
   * @param upstream - as `UpstreamSchema` has it, its defaults filled in
   */
  readonly compileUpstream: (upstream: Upstream) => PluginUpstream
}

/** All that a plugin may touch in the primary. */
export interface PrimaryHost<Attr = unknown> {
  readonly log: Logger
  readonly attr: Attr
  /** The exposition text of all workers and of the primary. */
  readonly collectMetrics: () => Promise<string>
}
