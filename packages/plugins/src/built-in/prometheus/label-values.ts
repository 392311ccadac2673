import type { RequestOutcome } from '../../contract/phases.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import type { metricLabels } from './metric-labels.ts'

type LabelName = (typeof metricLabels)['http_status'][number]

const responseSources = { gateway: 'apisix', upstream: 'upstream', error: 'nginx' } as const satisfies Record<RequestOutcome['source'], string>

/** What a request has for each label; empty where there is no such thing. */
export function labelValuesOf (context: RequestContext, outcome: RequestOutcome, prefersNames: boolean): Record<LabelName, string> {
  const { route, service, consumer, matchedUri, matchedHost, triedNodes } = context
  const routeId = textOf(route?.id)
  const serviceId = textOf(route?.service_id)
  return {
    code: String(outcome.status),
    route: prefersNames ? route?.name ?? routeId : routeId,
    matched_uri: matchedUri,
    matched_host: matchedHost,
    service: prefersNames ? service?.name ?? serviceId : serviceId,
    consumer: consumer?.username ?? '',
    node: withoutPort(triedNodes.at(-1) ?? ''),
    request_type: 'traditional_http',
    request_llm_model: '',
    llm_model: '',
    response_source: responseSources[outcome.source]
  }
}

function textOf (id: string | number | undefined): string {
  return id === undefined ? '' : String(id)
}

// `10.0.0.1:80`, `[::1]:80`
function withoutPort (node: string): string {
  return node.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}
