import type { AttemptFigures } from './attempt-figures.ts'
import type { GatewayContext } from './request-context.ts'
import { seconds, TimeTexts } from './nginx-time.ts'

/**
 * Variables that grow with the request, or with time: read twice, they may be two. In a log phase they are final. Of
 * several attempts the values are listed in order, with `-` for what an attempt never came to, as nginx does it.
 */
export const figureVariables = {
  request_time: ({ figures }) => seconds(figures.elapsedMs),
  request_length: context => String(context.receivedBytes),
  status: ({ figures, sentStatus }) => figures.status === undefined && sentStatus === 0 ? undefined : String(figures.status ?? sentStatus),
  bytes_sent: context => String(context.sentBytes),
  body_bytes_sent: ({ figures: { reply } }) => String(reply.bytes),
  connection_time: context => seconds(Math.max(0, nowMs(context) - context.connection.firstUsedMs)),
  msec: context => seconds(nowMs(context)),
  time_local: context => TimeTexts.at(nowMs(context)).local,
  time_iso8601: context => TimeTexts.at(nowMs(context)).iso8601,
  upstream_addr: ({ triedNodes }) => listed(triedNodes),
  upstream_status: ({ upstreamStatuses }) => listed(upstreamStatuses),
  upstream_connect_time: ofAttempts(({ connectMs }) => secondsOrNone(connectMs)),
  upstream_header_time: ofAttempts(({ headerMs }) => secondsOrNone(headerMs)),
  upstream_response_time: ofAttempts(({ responseMs }) => seconds(responseMs)),
  upstream_response_length: ofAttempts(({ bodyBytes }) => bodyBytes),
  upstream_bytes_sent: ofAttempts(({ bytesSent }) => bytesSent),
  upstream_bytes_received: ofAttempts(({ bytesReceived }) => bytesReceived)
} as const satisfies Readonly<Record<string, (context: GatewayContext) => string | undefined>>

function nowMs ({ startedAtMs, figures }: GatewayContext): number {
  return startedAtMs + figures.elapsedMs
}

function ofAttempts (figureOf: (attempt: AttemptFigures) => string | number): (context: GatewayContext) => string | undefined {
  return ({ figures: { attempts } }) => {
    const [first] = attempts
    if (attempts.length === 1 && first !== undefined) return String(figureOf(first))
    return listed(attempts.map(figureOf))
  }
}

function listed (values: ReadonlyArray<string | number>): string | undefined {
  return values.length === 0 ? undefined : values.join(', ')
}

function secondsOrNone (durationMs: number | undefined): string {
  return durationMs === undefined ? '-' : seconds(durationMs)
}
