import { Registry } from 'prom-client'
import type { HealthReport } from '@clinch/data-plane'
import { createMachineLookup } from '../../packages/data-plane/src/upstream/dns/machine-lookup.ts'
import { UpstreamCommons, type UpstreamCommonsOptions } from '../../packages/data-plane/src/upstream/upstream-commons.ts'
import { recordLog, type LogLine } from '../support/log-recorder.ts'

export interface UpstreamWorld {
  readonly commons: UpstreamCommons
  readonly reports: readonly HealthReport[]
  readonly lines: readonly LogLine[]
  readonly metrics: Registry
}

/** What the upstreams of a test share: names as the machine resolves them, no chance, and what they report. */
export function createUpstreamWorld (options: Partial<UpstreamCommonsOptions> = {}): UpstreamWorld {
  const { log, lines } = recordLog('debug')
  const reports: HealthReport[] = []
  const metrics = options.metrics ?? new Registry()
  const commons = new UpstreamCommons({
    lookup: createMachineLookup({ servers: undefined, validMs: undefined, timeoutMs: 1000, ipv6: true, search: false }),
    resolverTimeoutMs: 1000,
    trustedCaPem: undefined,
    healthChecks: true,
    reportHealth: report => reports.push(report),
    metricPrefix: '',
    log,
    now: Date.now,
    random: () => 0,
    ...options,
    metrics
  })
  return { commons, reports, lines, metrics }
}
