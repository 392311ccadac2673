/**
 * The labels of the metrics of traffic, in order. The first one says what is counted: it cannot be disabled. The list is
 * APISIX's, which has metrics of language models besides.
 */
export const metricLabels = {
  http_status: ['code', 'route', 'matched_uri', 'matched_host', 'service', 'consumer', 'node', 'request_type', 'request_llm_model', 'llm_model', 'response_source'],
  http_latency: ['type', 'route', 'service', 'consumer', 'node', 'request_type', 'request_llm_model', 'llm_model'],
  bandwidth: ['type', 'route', 'service', 'consumer', 'node', 'request_type', 'request_llm_model', 'llm_model']
} as const

export type TrafficMetric = keyof typeof metricLabels

/** Labels of which the configuration of the gateway does not bound the values. */
export const openLabels: readonly string[] = ['consumer', 'node']

const modelLabels = ['consumer', 'node', 'request_type', 'request_llm_model', 'llm_model'] as const

/** Of APISIX's other metrics: there is nothing to count here, but their names stand in configurations. */
export const foreignMetricLabels = {
  llm_latency: ['route_id', 'service_id', ...modelLabels],
  llm_prompt_tokens: ['route_id', 'service_id', ...modelLabels],
  llm_completion_tokens: ['route_id', 'service_id', ...modelLabels],
  llm_active_connections: ['route', 'route_id', 'matched_uri', 'matched_host', 'service', 'service_id', ...modelLabels]
} as const
