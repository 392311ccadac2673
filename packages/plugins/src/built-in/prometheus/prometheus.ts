import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import type { Plugin } from '../../contract/plugin.ts'
import { PrometheusAttrSchema } from './attr.ts'
import { startExportServer } from './export-server.ts'
import { compileExtraLabels, renderExtraLabels } from './extra-labels.ts'
import { sharedLabelsOf, statusLabelsOf } from './labels.ts'
import { registerTrafficMetrics } from './traffic-metrics.ts'

const schema = Type.Object({
  prefer_name: WithDefault(Type.Boolean({ default: false }))
})

/** Counts requests, their times and their octets, and serves the figures of the machine to Prometheus. */
export default {
  name: 'prometheus',
  version: 0.2,
  priority: 500,
  runPolicy: 'prefer_route',
  schema,
  attrSchema: PrometheusAttrSchema,

  init (host) {
    registerTrafficMetrics(host.metrics, host.attr)
    return undefined // what was counted outlives the plugin: a reload goes on counting
  },

  initPrimary: host => host.attr.enable_export_server ? startExportServer(host) : undefined,

  create ({ prefer_name: prefersNames }, { attr, metrics: registry }) {
    const metrics = registerTrafficMetrics(registry, attr)
    const extra = {
      status: compileExtraLabels(attr.metrics.http_status.extra_labels),
      latency: compileExtraLabels(attr.metrics.http_latency.extra_labels),
      bandwidth: compileExtraLabels(attr.metrics.bandwidth.extra_labels)
    }
    return {
      log (context, outcome) {
        const shared = sharedLabelsOf(context, prefersNames)
        const latency = { ...renderExtraLabels(extra.latency, context), ...shared }
        const bandwidth = { ...renderExtraLabels(extra.bandwidth, context), ...shared }
        metrics.requests.inc()
        metrics.status.inc({ ...renderExtraLabels(extra.status, context), ...shared, ...statusLabelsOf(context, outcome) })
        metrics.latency.observe({ ...latency, type: 'request' }, outcome.durationMs)
        if (outcome.upstreamMs !== undefined) metrics.latency.observe({ ...latency, type: 'upstream' }, outcome.upstreamMs)
        metrics.latency.observe({ ...latency, type: 'apisix' }, Math.max(0, outcome.durationMs - (outcome.upstreamMs ?? 0)))
        metrics.bandwidth.inc({ ...bandwidth, type: 'ingress' }, outcome.requestBytes)
        metrics.bandwidth.inc({ ...bandwidth, type: 'egress' }, outcome.responseBytes)
      }
    }
  }
} satisfies Plugin<typeof schema, typeof PrometheusAttrSchema>
