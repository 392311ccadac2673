import { WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'

const MetricAttrSchema = Type.Object({
  extra_labels: WithDefault(Type.Array(
    Type.Unsafe<Readonly<Record<string, string>>>({
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      patternProperties: { '^(?!le$|__)[a-zA-Z_][a-zA-Z0-9_]*$': { type: 'string' } },
      additionalProperties: false,
      description: 'label name to template, such as {"agent": "$http_user_agent"}'
    }),
    { default: [] }
  )),
  expire: WithDefault(Type.Number({ minimum: 0, default: 0, description: 'seconds; series that were not used for so long are dropped, with 0 none is' }))
}, { additionalProperties: false, default: {} })

const metricAttr = WithDefault(MetricAttrSchema)
const foreignMetricAttr = Type.Optional(Type.Object({}, { description: 'known from APISIX, no effect' }))

/** `plugin_attr.prometheus` of config.yaml. */
export const PrometheusAttrSchema = Type.Object({
  export_uri: WithDefault(Type.String({ pattern: '^/[^?#\\s]*$', default: '/apisix/prometheus/metrics' })),
  metric_prefix: WithDefault(Type.String({ pattern: '^([a-zA-Z_:][a-zA-Z0-9_:]*)?$', default: 'apisix_' })),
  enable_export_server: WithDefault(Type.Boolean({ default: true })),
  export_addr: WithDefault(Type.Object({
    ip: WithDefault(Type.String({ minLength: 1, default: '127.0.0.1' })),
    port: WithDefault(Type.Integer({ minimum: 0, maximum: 65535, default: 9091, description: '0 takes a free port' }))
  }, { additionalProperties: false, default: {} })),
  refresh_interval: WithDefault(Type.Number({ exclusiveMinimum: 0, default: 15, description: 'known from APISIX, no effect: every scrape collects anew' })),
  default_buckets: WithDefault(Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
    minItems: 1, uniqueItems: true, description: 'milliseconds', default: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000]
  })),
  max_series: WithDefault(Type.Integer({ minimum: 1, default: 10000, description: 'combinations of labels that are told apart, of each metric in each worker' })),
  metrics: WithDefault(Type.Object({
    http_status: metricAttr,
    http_latency: metricAttr,
    bandwidth: metricAttr,
    upstream_status: foreignMetricAttr,
    llm_latency: foreignMetricAttr,
    llm_prompt_tokens: foreignMetricAttr,
    llm_completion_tokens: foreignMetricAttr,
    llm_active_connections: foreignMetricAttr
  }, { additionalProperties: false, default: {} }))
}, { additionalProperties: false })
export type PrometheusAttr = Static<typeof PrometheusAttrSchema>
