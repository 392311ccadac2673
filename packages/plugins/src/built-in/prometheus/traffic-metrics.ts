import { hostname } from 'node:os'
import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import manifest from '../../../package.json' with { type: 'json' }
import { reuseCounter, reuseGauge, reuseHistogram } from '../../metrics/reuse-metric.ts'
import type { PrometheusAttr } from './attr.ts'
import { compileExtraLabels } from './extra-labels.ts'

export interface TrafficMetrics {
  readonly status: Counter
  readonly latency: Histogram
  readonly bandwidth: Counter
  readonly requests: Gauge
}

const sharedLabels = ['route', 'service', 'consumer', 'node', 'request_type', 'request_llm_model', 'llm_model']
const statusLabels = ['code', 'route', 'matched_uri', 'matched_host', 'service', 'consumer', 'node', 'request_type', 'request_llm_model', 'llm_model', 'response_source']

/** Registers the metrics, or finds those that were there before a reload. */
export function registerTrafficMetrics (registry: Registry, attr: PrometheusAttr): TrafficMetrics {
  const named = (name: string, help: string, labelNames: readonly string[]) => ({ name: `${attr.metric_prefix}${name}`, help, labelNames })
  const withExtra = (labels: readonly string[], metric: keyof PrometheusAttr['metrics']) => [
    ...new Set([...labels, ...compileExtraLabels(attr.metrics[metric].extra_labels).map(label => label.name)])
  ]
  reuseGauge(registry, { ...named('node_info', 'Info of the gateway node', ['hostname', 'version']), aggregator: 'first' })
    .set({ hostname: hostname(), version: manifest.version }, 1)
  return {
    status: reuseCounter(registry, named('http_status', 'HTTP status codes per route', withExtra(statusLabels, 'http_status'))),
    latency: reuseHistogram(registry, {
      ...named('http_latency', 'HTTP request latency in milliseconds', withExtra(['type', ...sharedLabels], 'http_latency')),
      buckets: [...attr.default_buckets].sort((a, b) => a - b)
    }),
    bandwidth: reuseCounter(registry, named('bandwidth', 'Total bandwidth in bytes', withExtra(['type', ...sharedLabels], 'bandwidth'))),
    requests: reuseGauge(registry, { ...named('http_requests_total', 'Requests since the start', []), aggregator: 'sum' })
  }
}
