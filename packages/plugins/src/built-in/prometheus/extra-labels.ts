import { metricLabels, type TrafficMetric } from './metric-labels.ts'
import type { PrometheusAttr } from './attr.ts'

/** A label that the operator has added to a metric. */
export interface ExtraLabel {
  readonly name: string
  readonly template: string
}

/** `extra_labels` of a metric, `[{label: "$variable"}, ...]`; the metric's own labels keep their names. */
export function extraLabelsOf ({ metrics }: PrometheusAttr, metric: TrafficMetric): readonly ExtraLabel[] {
  const own = new Set<string>(metricLabels[metric])
  const entries = metrics[metric].extra_labels.flatMap(entry => Object.entries(entry)).filter(([name]) => !own.has(name))
  return [...new Map(entries)].map(([name, template]) => ({ name, template }))
}
