import type { RequestOutcome } from '../contract/phases.ts'
import { HeaderList } from '../contract/header-list.ts'
import type { RequestContext } from '../contract/request-context.ts'
import { fieldObject, queryObject } from './field-object.ts'
import type { LogEntry } from './log-format.ts'
import type { LogSource } from './log-source.ts'

export interface LogServerFacts {
  readonly hostname: string
  readonly version: string
}

/**
 * The entry of a logger without a format of its own (plugins.md 2.6).
 *
 * @param server - who logs
 * @param redacted - names of header fields, in lower case, whose values are left out
 */
export function defaultEntry ({ context, requestBody, responseBody }: LogSource, outcome: RequestOutcome, server: LogServerFacts, redacted: ReadonlySet<string>): LogEntry {
  const upstream = context.variable('upstream_addr')
  return {
    request: {
      url: urlOf(context),
      uri: context.target,
      method: context.method,
      headers: fieldObject(context.headers, redacted),
      querystring: queryObject(context.query),
      size: context.receivedBytes,
      ...(requestBody === undefined ? {} : { body: requestBody })
    },
    response: {
      status: outcome.status,
      headers: fieldObject(context.sentHead?.headers ?? new HeaderList(), redacted),
      size: context.sentBytes,
      ...(responseBody === undefined ? {} : { body: responseBody })
    },
    server,
    ...(upstream === undefined ? {} : { upstream }),
    ...ownersOf(context),
    ...(context.consumer === undefined ? {} : { consumer: { username: context.consumer.username } }),
    client_ip: context.remoteAddress,
    start_time: Math.floor(context.startedAtMs),
    ...latenciesOf(outcome)
  }
}

function urlOf ({ scheme, host, serverPort, target }: RequestContext): string {
  return target.startsWith('/') ? `${scheme}://${host}:${serverPort}${target}` : target
}

function ownersOf ({ route, host }: RequestContext): LogEntry {
  if (route === undefined) return { service_id: host }
  return { service_id: String(route.service_id ?? ''), ...(route.id === undefined ? {} : { route_id: String(route.id) }) }
}

function latenciesOf ({ durationMs, upstreamMs }: RequestOutcome): LogEntry {
  const whole = microseconds(durationMs)
  if (upstreamMs === undefined) return { latency: whole, apisix_latency: whole }
  return { latency: whole, upstream_latency: microseconds(upstreamMs), apisix_latency: Math.max(0, microseconds(durationMs - upstreamMs)) }
}

function microseconds (durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000
}
