import { StringEnum } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'
import { foreignMetricLabels, metricLabels, type TrafficMetric } from './metric-labels.ts'

/** `plugin_metadata/prometheus`. */
export const PrometheusMetadataSchema = Type.Object({
  disabled_labels: Type.Optional(Type.Object({
    http_status: someOf(metricLabels.http_status.slice(1)),
    http_latency: someOf(metricLabels.http_latency.slice(1)),
    bandwidth: someOf(metricLabels.bandwidth.slice(1)),
    llm_latency: someOf(foreignMetricLabels.llm_latency),
    llm_prompt_tokens: someOf(foreignMetricLabels.llm_prompt_tokens),
    llm_completion_tokens: someOf(foreignMetricLabels.llm_completion_tokens),
    llm_active_connections: someOf(foreignMetricLabels.llm_active_connections)
  }, { additionalProperties: false }))
})

/** The labels of a metric whose values are left empty. @param metadata - checked against the schema */
export function disabledLabels (metadata: object | undefined, metric: TrafficMetric): ReadonlySet<string> {
  return new Set((metadata as Static<typeof PrometheusMetadataSchema> | undefined)?.disabled_labels?.[metric])
}

function someOf (labels: readonly string[]) {
  return Type.Optional(Type.Array(StringEnum(labels)))
}
