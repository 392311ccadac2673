import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { ActiveRequests } from './balancer/active-requests.ts'
import { LatencyTable } from './balancer/latency-table.ts'
import { NameCache } from './dns/name-cache.ts'
import type { NameLookup } from './dns/name-lookup.ts'
import { HealthTable } from './health/health-table.ts'
import type { HealthReport } from './health/health-messages.ts'
import { PoolSet } from './pool-set.ts'
import { SecureContexts } from './tls/secure-contexts.ts'
import { UpstreamStapleCounter } from './tls/staple-counter.ts'

export interface UpstreamCommonsOptions {
  readonly lookup: NameLookup
  /** The longest that a request waits for the addresses of a name. */
  readonly resolverTimeoutMs: number
  /** Whom upstreams with `tls.verify` are verified with; undefined: the CAs of Node. */
  readonly trustedCaPem: string | undefined
  /** `apisix.disable_upstream_healthcheck` is false. */
  readonly healthChecks: boolean
  readonly reportHealth: (report: HealthReport) => void
  readonly metrics: Registry
  readonly metricPrefix: string
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number
}

/** What all upstreams of a worker share, and what outlives their versions. */
export class UpstreamCommons {
  readonly pools: PoolSet
  readonly names: NameCache
  readonly health: HealthTable
  readonly contexts: SecureContexts
  readonly activeRequests = new ActiveRequests()
  readonly latencies: LatencyTable
  readonly log: Logger
  readonly random: () => number

  constructor ({ lookup, resolverTimeoutMs, trustedCaPem, healthChecks, reportHealth, metrics, metricPrefix, log, now, random }: UpstreamCommonsOptions) {
    this.contexts = new SecureContexts(trustedCaPem)
    this.pools = new PoolSet({ contexts: this.contexts, staples: new UpstreamStapleCounter(metrics, metricPrefix), now })
    this.names = new NameCache({ lookup, timeoutMs: resolverTimeoutMs, log, now })
    this.health = new HealthTable(reportHealth, healthChecks)
    this.latencies = new LatencyTable(now)
    this.log = log
    this.random = random
  }

  /** For the end of the worker: idle connections end now, the others with their requests. */
  async close (): Promise<void> {
    this.names.close()
    await this.pools.close()
  }
}
