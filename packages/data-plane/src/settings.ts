import type { BodyVariableLimits } from './body/body-variables.ts'
import type { PathOptions } from './router/normalize-path.ts'
import type { LingeringLimits } from './proxy/unread-body.ts'
import type { AlertName } from './tls/alert.ts'
import type { TlsEdgeSettings } from './tls/tls-edge.ts'
import type { MachineLookupOptions } from './upstream/dns/machine-lookup.ts'

export interface ListenAddress {
  /** Undefined: every address of the machine. */
  readonly host: string | undefined
  readonly port: number
  /** Connections begin with a header of the PROXY protocol. */
  readonly proxyProtocol?: boolean
}

export interface Listening {
  readonly scheme: 'http' | 'https'
  readonly address: string
  readonly port: number
  readonly proxyProtocol: boolean
}

/** Everything of config.yaml that the data plane works with; fixed for the life of a worker. */
export interface DataPlaneSettings {
  readonly http: readonly ListenAddress[]
  readonly https: readonly ListenAddress[]
  /** Whose headers of the PROXY protocol are believed; undefined: everybody's. */
  readonly proxyProtocolFrom: readonly string[] | undefined
  readonly tls: TlsEdgeSettings & { readonly unknownNameAlert: AlertName }
  readonly routeMatcher: 'radixtree_host_uri' | 'radixtree_uri' | 'radixtree_uri_with_parameter'
  readonly serverToken: string
  readonly showUpstreamStatus: boolean
  readonly realIpHeader: string
  readonly realIpFrom: readonly string[]
  readonly trustedAddresses: readonly string[] | undefined
  readonly keepAliveTimeoutMs: number
  readonly headersTimeoutMs: number
  readonly metricPrefix: string
  /** How long a certificate that takes another's place waits for its first staple. */
  readonly awaitFirstStapleMs: number
  readonly clientSendTimeoutMs: number
  readonly clientBodyTimeoutMs: number
  readonly clientMaxBodyBytes: number
  readonly clientMaxRequests: number
  /** Of clients, side by side. */
  readonly maxConnections: number
  /** 0 for any number. */
  readonly maxConnectionsPerAddress: number
  readonly maxHeadFields: number
  readonly lingering: LingeringLimits
  /** How the names of upstreams are resolved. */
  readonly names: MachineLookupOptions
  /** What upstreams with `tls.verify` are verified with; undefined: the CAs of Node. */
  readonly trustedCaPem: string | undefined
  /** Whether nodes of upstreams with `checks` are checked. */
  readonly healthChecks: boolean
  readonly path: PathOptions
  readonly bodyVariables: BodyVariableLimits
}
