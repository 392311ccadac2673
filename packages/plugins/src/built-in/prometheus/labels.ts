import type { RequestContext } from '../../contract/request-context.ts'
import type { RequestOutcome } from '../../contract/phases.ts'

const responseSources = { gateway: 'apisix', upstream: 'upstream', error: 'nginx' } as const satisfies Record<RequestOutcome['source'], string>

/** The labels that all metrics of a request share; empty where there is no such thing. */
export function sharedLabelsOf (context: RequestContext, prefersNames: boolean) {
  const { route } = context
  const routeId = route?.id === undefined ? '' : String(route.id)
  const serviceId = route?.service_id === undefined ? '' : String(route.service_id)
  return {
    route: prefersNames ? route?.name ?? routeId : routeId,
    service: prefersNames && serviceId !== '' ? context.variable('service_name') ?? serviceId : serviceId,
    consumer: context.variable('consumer_name') ?? '',
    node: addressOf(context.triedNodes.at(-1) ?? ''),
    request_type: 'traditional_http',
    request_llm_model: '',
    llm_model: ''
  }
}

/** What `http_status` has besides. */
export function statusLabelsOf (context: RequestContext, outcome: RequestOutcome) {
  return {
    code: String(outcome.status),
    matched_uri: context.matchedUri,
    matched_host: context.matchedHost,
    response_source: responseSources[outcome.source]
  }
}

// `10.0.0.1:80`, `[::1]:80`
function addressOf (node: string): string {
  return node.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}
