import type { PluginHost } from '../../contract/host.ts'
import { SeriesTable, type SeriesShape } from '../../metrics/series-table.ts'
import { CounterSeries, HistogramSeries, type Series } from '../../metrics/series.ts'
import type { PrometheusAttr } from './attr.ts'
import { extraLabelsOf } from './extra-labels.ts'
import { metricLabels, openLabels, type TrafficMetric } from './metric-labels.ts'

export type TrafficHost = Pick<PluginHost<PrometheusAttr>, 'attr' | 'log' | 'metrics' | 'metadata' | 'now' | 'share'>

/** The metrics that requests are counted in. */
export interface TrafficMetrics {
  readonly status: SeriesTable<CounterSeries>
  readonly latency: SeriesTable<HistogramSeries>
  readonly bandwidth: SeriesTable<CounterSeries>
  /** They are shown, with the settings of `plugin_attr`. */
  show (): void
  /** Whoever is the last takes them away. */
  release (): void
}

/**
 * The metrics as `plugin_attr` has them: those that there are, with their counts, as long as they have the same name, labels
 * and buckets.
 */
export function openTrafficMetrics (host: TrafficHost): TrafficMetrics {
  const { attr } = host
  const bounds = attr.default_buckets.toSorted((a, b) => a - b)
  const status = openTable(host, 'http_status', { ...named('http_status', 'HTTP status codes per route'), type: 'counter', make: labels => new CounterSeries(labels) })
  const latency = openTable(host, 'http_latency', { ...named('http_latency', 'HTTP request latency in milliseconds'), type: 'histogram', make: labels => new HistogramSeries(labels, bounds) }, bounds)
  const bandwidth = openTable(host, 'bandwidth', { ...named('bandwidth', 'Octets that came and went'), type: 'counter', make: labels => new CounterSeries(labels) })
  const opened = [status, latency, bandwidth]
  return {
    status: status.table,
    latency: latency.table,
    bandwidth: bandwidth.table,
    show () { for (const one of opened) one.show() },
    release () { for (const one of opened) one.release() }
  }

  function named (name: TrafficMetric, help: string) {
    return { name: attr.metric_prefix + name, help }
  }
}

type Shape<One extends Series> = Omit<SeriesShape<One>, 'labelNames' | 'openLabels'>

function openTable<One extends Series> ({ attr, log, metrics, now, share }: TrafficHost, metric: TrafficMetric, shape: Shape<One>, bounds: readonly number[] = []) {
  const extra = extraLabelsOf(attr, metric).map(({ name }) => name)
  const labelNames = [...metricLabels[metric], ...extra]
  const key = `series ${JSON.stringify([shape.name, labelNames, bounds])}`
  const { value: table, release } = share(key, () => new SeriesTable({ ...shape, labelNames, openLabels: new Set([...openLabels, ...extra]) }, metrics, now))
  const show = (): void => table.show({
    maxSeries: attr.max_series,
    expireMs: attr.metrics[metric].expire * 1000,
    onFull: () => log.warn({ metric: shape.name, max_series: attr.max_series }, 'too many combinations of labels: consumer, node and extra labels of new ones are shown as "other"')
  })
  return { table, release, show }
}
