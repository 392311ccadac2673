import type { HealthChecker } from '@clinch/schema'

export type HealthStatus = 'healthy' | 'mostly_healthy' | 'mostly_unhealthy' | 'unhealthy'

/** What a probe or an answered request says of a node. */
export type HealthEvent = 'success' | 'http_failure' | 'tcp_failure' | 'timeout_failure'

/** A place whose health is one: nodes that are probed alike share it. */
export interface CheckedTarget {
  readonly ip: string
  /** The one that is probed. */
  readonly port: number
  /** `Host` and SNI of probes. */
  readonly hostname: string
}

/** An upstream that is checked, as whoever probes needs it. */
export interface CheckedUpstream {
  /** Of the object that it is, or stands in: `upstreams/1`, `routes/1`. */
  readonly key: string
  readonly checks: HealthChecker
  readonly targets: readonly CheckedTarget[]
  /** For probes over TLS. */
  readonly tls: { readonly caPem: string | undefined, readonly certPem: string | undefined, readonly keyPem: string | undefined }
}

/** From the data plane of a worker to whoever probes for the machine. `id` is one upstream, of that worker. */
export type HealthReport =
  /** It is used, or its nodes are others now. */
  | { readonly kind: 'healthWatch', readonly id: number, readonly upstream: CheckedUpstream }
  | { readonly kind: 'healthUnwatch', readonly id: number }
  | { readonly kind: 'healthSeen', readonly id: number, readonly target: string, readonly event: HealthEvent }

/** And back: what is known of a target of a watched upstream, at first and whenever it changes. */
export interface HealthNews {
  readonly id: number
  readonly target: string
  readonly status: HealthStatus
}

/** A target by its name in reports and news. */
export function targetName ({ ip, port, hostname }: CheckedTarget): string {
  return `${hostname}(${ip}:${port})`
}
