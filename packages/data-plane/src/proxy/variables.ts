import { hostname } from 'node:os'
import { argumentOf, type VariableReader } from '@clinch/plugins'
import { clientVariables } from '../tls/client-variables.ts'
import { cipherNamesOf, groupNamesOf } from '../tls/offered-names.ts'
import { figureVariables } from './figure-variables.ts'
import type { GatewayContext } from './request-context.ts'

/**
 * A variable of data-plane.md section 6 by its name without `$`; undefined for one that has no value or is unknown.
 *
 * @param ofPlugins - those that the loaded plugins add
 */
export function readVariable (context: GatewayContext, ofPlugins: ReadonlyMap<string, VariableReader>, name: string): string | undefined {
  const reader = findReader(name)
  return reader === undefined ? ofPlugins.get(name)?.(context) : reader(context)
}

export type Reader = (context: GatewayContext) => string | undefined

/** How one of the gateway's own variables is read; undefined if it has none of that name. */
export function findReader (name: string): Reader | undefined {
  if (Object.hasOwn(readers, name)) return readers[name]
  const family = families.find(([prefix]) => name.startsWith(prefix))
  return family?.[1](name.slice(family[0].length))
}

/** Whether the value is another one later in the request. */
export function isGrowing (name: string): boolean {
  return Object.hasOwn(figureVariables, name)
}

const readers: Readonly<Record<string, Reader>> = {
  uri: context => context.uri,
  request_uri: requestUri,
  real_request_uri: context => context.target,
  args: context => context.query,
  query_string: context => context.query,
  is_args: context => context.query === '' ? '' : '?',
  method: context => context.method,
  request_method: context => context.method,
  scheme: context => context.scheme,
  host: context => context.host,
  http_host: context => context.fields.host ?? context.fields.authority,
  hostname: () => hostname(),
  server_name: () => '_', // there is one virtual server, called as in APISIX
  server_addr: context => context.connection.serverAddress,
  server_port: context => String(context.serverPort),
  server_protocol: context => `HTTP/${context.httpVersion}`,
  connection: context => String(context.connection.serial),
  connection_requests: context => String(context.requestNumber),
  remote_addr: context => context.remoteAddress,
  remote_port: context => context.remotePort === undefined ? undefined : String(context.remotePort),
  // the TCP peer's, whoever it speaks for
  realip_remote_addr: ({ connection }) => connection.proxied?.viaAddress ?? connection.peerAddress,
  realip_remote_port: ({ connection }) => String(connection.proxied?.viaPort ?? connection.peerPort),
  proxy_protocol_addr: ({ connection }) => connection.proxied?.sourceAddress,
  proxy_protocol_port: ({ connection }) => textOf(connection.proxied?.sourcePort),
  proxy_protocol_server_addr: ({ connection }) => connection.proxied?.destinationAddress,
  proxy_protocol_server_port: ({ connection }) => textOf(connection.proxied?.destinationPort),
  remote_user: remoteUser,
  request: requestLine,
  request_line: requestLine,
  content_length: context => context.fields.contentLength,
  content_type: context => context.headers.get('content-type'),
  request_id: context => context.id,
  apisix_request_id: context => context.id,
  request_type: () => 'traditional_http',
  upstream_scheme: context => context.destination?.kind === 'ready' ? context.destination.scheme : 'http', // as in APISIX
  upstream_host: context => context.upstream.host ?? context.writtenHost,
  upstream_uri: context => context.upstream.target,
  upstream_unresolved_host: context => context.tried.at(-1)?.domain ?? context.tried.at(-1)?.host,
  balancer_ip: context => context.tried.at(-1)?.host,
  balancer_port: context => portOf(context),
  route_id: context => context.route?.id === undefined ? undefined : String(context.route.id),
  route_name: context => context.route?.name,
  service_id: context => context.route?.service_id === undefined ? undefined : String(context.route.service_id),
  service_name: context => context.service?.name,
  consumer_name: context => context.consumer?.username,
  consumer_group_id: context => context.consumer?.groupId,
  original_x_forwarded_proto: context => context.fields.forwardedProto,
  original_x_forwarded_host: context => context.fields.forwardedHost,
  original_x_forwarded_port: context => context.fields.forwardedPort,
  original_x_forwarded_for: context => context.fields.forwardedFor,
  original_forwarded: context => context.fields.forwarded,
  // X-Forwarded-* as it goes on, not as it came
  http_x_forwarded_for: context => context.forwardedFor,
  http_x_forwarded_proto: context => context.upstream.headers.get('x-forwarded-proto'),
  http_x_forwarded_host: context => context.upstream.headers.get('x-forwarded-host'),
  http_x_forwarded_port: context => context.upstream.headers.get('x-forwarded-port'),
  ssl_protocol: context => context.tls?.protocol,
  ssl_cipher: context => context.tls?.cipher,
  ssl_ciphers: ({ connection: { offered } }) => offered === undefined ? undefined : cipherNamesOf(offered.cipherSuites),
  ssl_curves: ({ connection: { offered } }) => offered === undefined ? undefined : groupNamesOf(offered.groups),
  ssl_server_name: context => context.tls?.sni,
  ssl_session_id: context => context.connection.sessionId,
  ssl_session_reused: context => context.tls === undefined ? undefined : context.tls.resumed ? 'r' : '.',
  ssl_client_verify: context => context.tls === undefined ? undefined : context.tls.client?.verify ?? 'NONE',
  ...Object.fromEntries(Object.entries(clientVariables).map(([name, read]): [string, Reader] => [name, ({ tls, startedAtMs }) => {
    return tls?.client === undefined ? undefined : read(tls.client.certificate, startedAtMs)
  }])),
  ...figureVariables
}

const families: ReadonlyArray<readonly [prefix: string, readerOf: (rest: string) => Reader]> = [
  ['arg_', rest => context => argumentOf(context.query, rest)],
  ['http_', requestField],
  ['cookie_', rest => context => cookie(context, rest)],
  ['sent_http_', rest => answerField(rest, context => context.sentFields)],
  ['upstream_http_', rest => answerField(rest, context => context.upstreamFields)],
  ['uri_param_', rest => context => context.match?.params?.[rest]],
  ['post_arg_', rest => context => textOf(context.bodyVariables.value(`post_arg_${rest}`))],
  ['post_arg.', rest => context => textOf(context.bodyVariables.value(`post_arg.${rest}`))],
  ['graphql_', rest => context => textOf(context.bodyVariables.value(`graphql_${rest}`))]
]

function requestField (rest: string): Reader {
  const name = rest.replaceAll('_', '-')
  if (name === rest) return context => context.headers.get(name)
  return context => context.headers.get(name) ?? context.headers.get(rest)
}

function answerField (rest: string, fieldsOf: (context: GatewayContext) => readonly string[]): Reader {
  const name = rest.replaceAll('_', '-')
  return context => field(fieldsOf(context), name)
}

function requestUri (context: GatewayContext): string {
  return context.query === '' ? context.uri : `${context.uri}?${context.query}`
}

function requestLine (context: GatewayContext): string {
  return `${context.method} ${context.target} HTTP/${context.httpVersion}`
}

function portOf (context: GatewayContext): string | undefined {
  const node = context.tried.at(-1)
  return node === undefined ? undefined : String(node.port)
}

function remoteUser (context: GatewayContext): string | undefined {
  const authorization = context.headers.get('authorization')
  if (authorization === undefined) return undefined
  const [, encoded] = /^Basic +(\S+)$/i.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  const [user] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 1)
  return user === '' ? undefined : user
}

function cookie (context: GatewayContext, name: string): string | undefined {
  for (const line of context.headers.lines('cookie')) {
    for (const pair of line.split(';')) {
      const [key, ...value] = pair.trim().split('=')
      if (key === name) return value.join('=')
    }
  }
  return undefined
}

function field (fields: readonly string[], name: string): string | undefined {
  const values: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]?.toLowerCase() === name) values.push(fields[at + 1] ?? '')
  }
  return values.length === 0 ? undefined : values.join(', ')
}

// What is more than text stands as JSON where text is wanted.
function textOf (value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
