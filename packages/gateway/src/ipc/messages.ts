import type { ConfigChange, ConfigObject, HealthNews, HealthReport, Listening, NothingHeld, Problem } from '@clinch/data-plane'
import type { ClientVerdict, SourcePreference } from '@clinch/plugins'
import type { Config } from '@clinch/schema'
import type { MetricObjects } from '../primary/worker-pool/worker-metrics.ts'

/** What a worker needs of the plugins: it loads them itself, from the same list. */
export interface PluginList {
  /** Grows with every reload; a worker answers with the one it has loaded. */
  readonly version: number
  readonly entries: readonly string[]
  readonly attrs: Readonly<Record<string, unknown>>
  readonly baseDir: string
}

export type StapleMessage =
  | { readonly kind: 'hold', readonly id: string, readonly der: Uint8Array, readonly thisUpdateMs: number, readonly usableEndMs: number }
  | { readonly kind: 'nothing', readonly id: string, readonly reason: NothingHeld }
  | { readonly kind: 'forget', readonly id: string }

/** Which sources are asked about a client certificate: see ClientCheck. */
export interface ClientSourceTerms {
  readonly responder: string | undefined
  readonly prefer?: SourcePreference | undefined
  readonly crl?: string | undefined
}

export interface ClientCheckMessage extends ClientSourceTerms {
  readonly requestId: number
  readonly fingerprint: string
  readonly certificateDer: Uint8Array
  /** Undefined: not at hand in the worker, as on a resumed session. */
  readonly issuerDer: Uint8Array | undefined
  /** Certificates at hand of those whom it states as issuers of its CRL. */
  readonly crlIssuersDer: readonly Uint8Array[]
  readonly maxAgeMs: number
  readonly deadlineMs: number
  readonly sslId: string
  readonly peerAddress: string
}

/** What every worker has to know of a client certificate without having asked. */
export type ClientNews =
  | ClientSourceTerms & { readonly kind: 'verdict', readonly fingerprint: string, readonly maxAgeMs: number, readonly verdict: ClientVerdict, readonly untilMs: number }
  | { readonly kind: 'forgotten', readonly fingerprint: string }
  /** The primary has to be asked again about all of them. */
  | { readonly kind: 'allForgotten' }

/** `id` 0: no answer is wanted. Tuples, because there is one for many a request. */
export type MachineQuestion = readonly [id: number, plugin: string, question: unknown]
export type MachineAnswer = readonly [id: number, answer: unknown, fault?: string]

/** From the primary to a worker. */
export type ToWorker =
  | { readonly kind: 'start', readonly config: Config, readonly ticketSecret: Uint8Array, readonly plugins: PluginList, readonly objects: readonly ConfigObject[], readonly sequence: number, readonly staples: readonly StapleMessage[] }
  /** A part of the objects of the `start` or `resync` that comes after the last of them. */
  | { readonly kind: 'objects', readonly objects: readonly ConfigObject[] }
  /** Every change from `after` (exclusive) to `sequence`. */
  | { readonly kind: 'changes', readonly after: number, readonly sequence: number, readonly changes: readonly ConfigChange[] }
  /** The whole configuration again, because a batch was missed. */
  | { readonly kind: 'resync', readonly objects: readonly ConfigObject[], readonly sequence: number }
  | { readonly kind: 'plugins', readonly plugins: PluginList }
  | { readonly kind: 'staples', readonly staples: readonly StapleMessage[] }
  /** `untilMs`: how long the worker may use it without asking again. */
  | { readonly kind: 'clientVerdict', readonly requestId: number, readonly verdict: ClientVerdict, readonly untilMs: number }
  | { readonly kind: 'clientIssuer', readonly requestId: number, readonly issuerDer: Uint8Array | undefined }
  | { readonly kind: 'clientNews', readonly news: readonly ClientNews[] }
  /** To what plugins asked their parts in the primary. */
  | { readonly kind: 'machineAnswers', readonly answers: readonly MachineAnswer[] }
  | { readonly kind: 'healthNews', readonly news: readonly HealthNews[] }
  | { readonly kind: 'metricsWanted' }
  /** In the place of the one that it had. */
  | { readonly kind: 'ticketSecret', readonly secret: Uint8Array }
  /** The operator has moved log files away. */
  | { readonly kind: 'reopenLogs' }
  /** `windDownMs`: see DataPlane.close. */
  | { readonly kind: 'drain', readonly deadlineMs: number, readonly windDownMs: number }

/** From a worker to the primary. */
export type FromWorker =
  | { readonly kind: 'ready', readonly listening: readonly Listening[] }
  | { readonly kind: 'failed', readonly reason: string }
  | { readonly kind: 'applied', readonly sequence: number, readonly problems: readonly Problem[] }
  | { readonly kind: 'gap' }
  | { readonly kind: 'pluginsLoaded', readonly version: number }
  /** Asked for, and once more as its last word. */
  | { readonly kind: 'metrics', readonly metrics: MetricObjects }
  | { readonly kind: 'machineQuestions', readonly questions: readonly MachineQuestion[] }
  | HealthReport
  | OcspQuestion

/** What workers ask and tell the OCSP agent. */
export type OcspQuestion =
  | { readonly kind: 'clientCheck', readonly check: ClientCheckMessage }
  | { readonly kind: 'clientIssuerWanted', readonly requestId: number, readonly certificateDer: Uint8Array }
  /** Whose signatures on clients' paths were verified. */
  | { readonly kind: 'clientIssuers', readonly issuersDer: readonly Uint8Array[] }
  /** Clients that the worker answered from memory since it last said so. */
  | { readonly kind: 'clientsSeen', readonly clients: ReadonlyArray<ClientSourceTerms & { readonly fingerprint: string }> }
