import type { ClientVerdict, PluginHost } from '../../contract/host.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import { reuseCounter } from '../../metrics/reuse-metric.ts'

/** The counters of ocsp.md section 11 that are about clients. */
export function registerClientMetrics ({ metrics: registry, metricPrefix: prefix }: Pick<PluginHost, 'metrics' | 'metricPrefix'>) {
  const verdicts = reuseCounter(registry, { name: `${prefix}ocsp_client_verdict_total`, help: 'What was found about client certificates', labelNames: ['route', 'kind', 'source'] })
  const refused = reuseCounter(registry, { name: `${prefix}ocsp_client_refused_total`, help: 'Requests refused for their client certificate', labelNames: ['route', 'reason'] })
  const routeOf = (context: RequestContext): string => String(context.route?.id ?? '')
  return {
    countVerdict (context: RequestContext, verdict: ClientVerdict): void {
      verdicts.inc({ route: routeOf(context), kind: verdict.kind, source: 'source' in verdict ? verdict.source : '' })
    },
    countRefusal (context: RequestContext, reason: string): void {
      refused.inc({ route: routeOf(context), reason })
    }
  }
}
