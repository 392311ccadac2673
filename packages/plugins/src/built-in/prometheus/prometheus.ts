import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import type { Plugin } from '../../contract/plugin.ts'
import { PrometheusAttrSchema } from './attr.ts'
import { startExportServer } from './export-server.ts'
import { PrometheusMetadataSchema } from './metadata.ts'
import { SeriesFinder } from './request-series.ts'
import { openTrafficMetrics } from './traffic-metrics.ts'

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
  metadataSchema: PrometheusMetadataSchema,

  init (host) {
    const metrics = openTrafficMetrics(host) // held while the plugin is loaded: what was counted outlives each configuration, and a reload
    metrics.show()
    return () => metrics.release()
  },

  initPrimary: host => host.attr.enable_export_server ? startExportServer(host) : undefined,

  create ({ prefer_name: prefersNames }, host) {
    const metrics = openTrafficMetrics(host)
    const finder = new SeriesFinder(metrics, host, prefersNames)
    return {
      log (context, outcome) {
        const { status, ingress, egress, request, apisix, upstream } = finder.find(context, outcome)
        const { durationMs, upstreamMs } = outcome
        const endedMs = context.startedAtMs + durationMs
        status.add(1, endedMs)
        ingress.add(context.receivedBytes, endedMs)
        egress.add(context.sentBytes, endedMs)
        request.observe(durationMs, endedMs)
        apisix.observe(Math.max(0, durationMs - (upstreamMs ?? 0)), endedMs)
        if (upstreamMs !== undefined) upstream().observe(upstreamMs, endedMs)
      },
      close: () => metrics.release()
    }
  }
} satisfies Plugin<typeof schema, typeof PrometheusAttrSchema>
