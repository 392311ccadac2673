import { BodyCollector, HeaderList, type ConsumerDirectory, type FoundConsumer, type PluginUpstream, type ResponseHead, type TlsFacts, type UpstreamRequest } from '@clinch/plugins'
import type { Route, Service } from '@clinch/schema'
import type { Connection } from '../connection.ts'
import type { PhaseContext } from '../phases/run-phases.ts'
import type { MatchHead } from '../router/route-conditions.ts'
import type { RouteMatch } from '../router/route-table.ts'
import { normalizeTarget } from '../router/normalize-path.ts'
import { parseHost } from '../router/request-host.ts'
import type { CompiledUpstream } from '../upstream/compiled-upstream.ts'
import type { Node } from '../upstream/node.ts'
import { isHttp2Request, type ClientRequest } from './client.ts'
import { BodyVariables, type BodyVariableKind, type BodyVariableLimits } from '../body/body-variables.ts'
import { clientAddress } from './client-address.ts'
import type { CompiledRoute } from '../router/compiled-route.ts'
import { forwardedFields } from './forwarded-fields.ts'
import { headBytes } from './head-bytes.ts'
import type { PluginClaims } from './plugin-claims.ts'
import { ReadAhead } from './read-ahead.ts'
import { readFields, type RequestFields } from './request-fields.ts'
import { RequestIds } from './request-id.ts'
import type { RequestFigures } from './request-figures.ts'
import type { CompiledSettings } from './settings.ts'
import { isGrowing, readVariable } from './variables.ts'

/** What a request finds when it comes. */
export interface RequestSurroundings {
  readonly settings: CompiledSettings
  readonly claims: PluginClaims
  readonly consumers: ConsumerDirectory
  readonly upstreams: { has (key: string): boolean }
  /** The names of those that run for it, once a route matched. */
  readonly plugins: { readonly plugins: ReadonlySet<string> }
  readonly figures: RequestFigures
}

/** A request as plugins, routing and the log see it. What only some of them ask for is made when it is asked for. */
export class GatewayContext implements PhaseContext, MatchHead {
  readonly client: ClientRequest
  readonly connection: Connection
  readonly fields: RequestFields
  readonly startedAtMs: number
  readonly figures: RequestFigures
  /** Which one of its connection it is, from 1. */
  readonly requestNumber: number
  readonly method: string
  readonly target: string
  readonly uri: string
  readonly matchUri: string
  readonly query: string
  readonly host: string
  /** As the client wrote it, with port and case; undefined when it named none. */
  readonly writtenHost: string | undefined
  remoteAddress: string
  /** Undefined when the client's address is another than the peer's and its port is not known. */
  remotePort: number | undefined
  readonly upstream: UpstreamRequest
  /** `X-Forwarded-For` as it came, if it may be believed. */
  forwardedFor: string | undefined
  /** The status to answer a request with that cannot be taken as it is; 0 for none. */
  readonly refusal: number
  /** What is wrong with the path, for the log. */
  readonly malformation: string | undefined
  match: RouteMatch<CompiledRoute> | undefined
  readonly consumers: ConsumerDirectory
  consumer: FoundConsumer | undefined
  bodyAhead: ReadAhead | undefined
  /** Octets that the body may have. */
  bodyLimit: number
  collector: BodyCollector | undefined
  /** What a plugin chose: an upstream of its own, or the key of one of the configuration. */
  chosenUpstream: PluginUpstream | string | undefined
  /** What the request goes to, once that is settled. */
  destination: CompiledUpstream | undefined
  readonly tried: Node[] = []
  readonly upstreamStatuses: number[] = []
  /** The head that was sent, names and values in turn. */
  sentStatus = 0
  sentFields: readonly string[] = []
  /** The head that the upstream sent last, as undici gives it. */
  upstreamRaw: ReadonlyArray<Buffer | string> = []
  readonly #claims: PluginClaims
  readonly #bodyTimeoutMs: number
  readonly #bodyVariableLimits: BodyVariableLimits
  readonly #plugins: RequestSurroundings['plugins']
  readonly #upstreams: RequestSurroundings['upstreams']
  #id: string | undefined
  #headers: HeaderList | undefined
  #bodyVariables: BodyVariables | undefined
  #notes: Map<string | symbol, unknown> | undefined
  #variables: Map<string, string | undefined> | undefined

  constructor (client: ClientRequest, connection: Connection, { settings, claims, consumers, upstreams, plugins, figures }: RequestSurroundings, startedAtMs: number) {
    const headers = new HeaderList()
    const fields = readFields(client.rawHeaders, headers.raw, claims.isReserved)
    const written = client.url ?? ''
    const absolute = written.charCodeAt(0) === SLASH ? null : absoluteForm.exec(written)
    const originForm = absolute === null ? written : absolute[2]?.startsWith('/') === true ? absolute[2] : `/${absolute[2] ?? ''}`
    const target = normalizeTarget(originForm, settings.path)
    // RFC 9112 3.2.2: what the request line says of the host replaces what the header says
    const writtenHost = absolute?.[1] ?? fields.authority ?? fields.host
    const host = writtenHost === undefined ? undefined : parseHost(writtenHost)
    this.client = client
    this.connection = connection
    this.#claims = claims
    this.#bodyTimeoutMs = settings.clientBodyTimeoutMs
    this.#bodyVariableLimits = settings.bodyVariables
    this.bodyLimit = settings.clientMaxBodyBytes
    this.consumers = consumers
    this.#plugins = plugins
    this.#upstreams = upstreams
    this.fields = fields
    this.startedAtMs = startedAtMs
    this.figures = figures
    this.requestNumber = ++connection.requests
    if (this.requestNumber === 1) connection.firstUsedMs = startedAtMs
    this.method = client.method ?? ''
    this.target = written
    this.uri = target.kind === 'target' ? target.uri : ''
    this.matchUri = target.kind === 'target' ? target.matchUri : ''
    this.query = target.kind === 'target' ? target.query : ''
    this.malformation = target.kind === 'malformed' ? target.reason : undefined
    this.writtenHost = writtenHost
    this.host = host?.name ?? ''
    this.remoteAddress = clientAddress(connection.peerAddress, fields, client.rawHeaders, settings)
    this.remotePort = connection.peerPort
    this.upstream = { method: this.method, target: (target.kind === 'target' ? target.upstreamTarget : undefined) ?? originForm, host: undefined, headers }
    this.refusal = target.kind === 'malformed' || (writtenHost !== undefined && host === undefined) ? 400 : refusalOf(fields, client, settings.maxHeadFields)
    forwardedFields(this, host?.port, settings)
  }

  get id (): string { return (this.#id ??= RequestIds.next()) }
  set id (value: string) { this.#id = value }

  /** Behind the body, once that has ended: names and values in turn. */
  get trailers (): readonly string[] {
    const raw = this.client.rawTrailers
    return raw.filter((_, at) => !this.#claims.isReserved(raw[at - at % 2] ?? ''))
  }

  get scheme (): 'http' | 'https' { return this.connection.scheme }
  get httpVersion (): '1.0' | '1.1' | '2.0' { return this.client.httpVersion as '1.0' | '1.1' | '2.0' } // node's parsers know no other
  get peerAddress (): string { return this.connection.peerAddress }
  get peerPort (): number { return this.connection.peerPort }
  get serverPort (): number { return this.connection.serverPort }
  get tls (): TlsFacts | undefined { return this.connection.tls }
  get authority (): string { return this.writtenHost?.toLowerCase() ?? '' }
  get route (): Route | undefined { return this.match?.route.route }
  get service (): Service | undefined { return this.match?.route.service }
  get routePlugins (): ReadonlySet<string> { return this.#plugins.plugins }
  get matchedUri (): string { return this.match?.uri ?? '' }
  get matchedHost (): string { return this.match?.host ?? '' }
  get triedNodes (): readonly string[] { return this.tried.map(node => node.address) }
  get notes (): Map<string | symbol, unknown> { return (this.#notes ??= new Map()) }
  get upstreamFields (): readonly string[] { return this.upstreamRaw.map(text => typeof text === 'string' ? text : text.toString('latin1')) }

  get headers (): HeaderList {
    if (this.#headers === undefined) {
      this.#headers = new HeaderList()
      const { rawHeaders } = this.client
      for (let at = 0; at < rawHeaders.length; at += 2) {
        const name = rawHeaders[at] ?? ''
        if (!name.startsWith(':') && !this.#claims.isReserved(name)) this.#headers.append(name, rawHeaders[at + 1] ?? '')
      }
    }
    return this.#headers
  }

  setVariable (name: string, value: string): void {
    this.#variables ??= new Map()
    this.#variables.set(name, value)
  }

  /** What a plugin set, or what was read before; for those who read variables by themselves. */
  knownVariable (name: string): string | undefined { return this.#variables?.get(name) }

  setClientAddress (address: string, port: number | undefined): void {
    this.remoteAddress = address
    this.remotePort = port
    for (const name of ['remote_addr', 'remote_port']) this.#variables?.delete(name)
  }

  limitBody (limitBytes: number): void {
    this.bodyLimit = limitBytes
  }

  collectBody (maxBytes: number): void {
    this.collector ??= new BodyCollector()
    this.collector.maxBytes = Math.max(this.collector.maxBytes, maxBytes)
  }

  get sentHead (): ResponseHead | undefined {
    return this.sentStatus === 0 ? undefined : { status: this.sentStatus, headers: new HeaderList(this.sentFields) }
  }

  get receivedBytes (): number {
    const { client, method, target, httpVersion, figures: { requestBody } } = this
    return headBytes(`${method} ${target} HTTP/${httpVersion}`, client.rawHeaders) + (requestBody?.bytes ?? this.bodyAhead?.bytes ?? 0)
  }

  get sentBytes (): number {
    const { reply } = this.figures
    return reply.headBytes + reply.bytes
  }

  get collectedBody (): Buffer { return this.collector?.collected ?? Buffer.alloc(0) }

  async readBody (limitBytes: number): Promise<Buffer | undefined> {
    if (!this.hasBody) return Buffer.alloc(0)
    this.bodyAhead ??= new ReadAhead(this.client, this.#bodyTimeoutMs)
    return await this.bodyAhead.read(Math.min(limitBytes, this.bodyLimit))
  }

  get bodyVariables (): BodyVariables { return (this.#bodyVariables ??= new BodyVariables(this, this.#bodyVariableLimits)) }

  readBodyVariables (kinds: Iterable<BodyVariableKind>): Promise<void> | undefined { return this.bodyVariables.read(kinds) }

  /** Some were asked for while the body was not read: `readBodyVariables`, then ask again. */
  get wantedBodyVariables (): ReadonlySet<BodyVariableKind> | undefined { return this.#bodyVariables?.wanted }

  structuredVariable (name: string): unknown {
    return this.#variables?.has(name) === true ? undefined : this.bodyVariables.value(name)
  }

  sendTo (upstream: PluginUpstream | string): boolean {
    const chosen = typeof upstream === 'string' ? `upstreams/${upstream}` : upstream
    if (typeof chosen === 'string' && !this.#upstreams.has(chosen)) return false
    this.chosenUpstream = chosen
    return true
  }

  attachConsumer (consumer: FoundConsumer): void {
    this.consumer = consumer
    const { headers } = this.upstream
    for (const [name, value] of [
      ['X-Consumer-Username', consumer.username],
      ['X-Credential-Identifier', consumer.credentialId],
      ['X-Consumer-Custom-ID', consumer.labels['custom_id']]
    ] as const) {
      if (value === undefined) headers.delete(name)
      else headers.set(name, value)
    }
  }

  /** A value that was read once stays what it was for the rest of the request (data-plane.md 6.1), unless it grows with it. */
  variable (name: string): string | undefined {
    this.#variables ??= new Map()
    if (this.#variables.has(name)) return this.#variables.get(name)
    const value = readVariable(this, this.#claims.variables, name)
    if (value !== undefined && !isGrowing(name)) this.#variables.set(name, value)
    return value
  }

  /** Whether a body follows the head. */
  get hasBody (): boolean {
    if (isHttp2Request(this.client)) return !this.client.stream.endAfterHeaders
    return this.fields.transferEncoding !== undefined || (this.fields.contentLength ?? '0') !== '0'
  }
}

const SLASH = 0x2f
const absoluteForm = /^https?:\/\/([^/?#]+)(.*)$/i

// A body that this gateway and the upstream could read differently is not passed on.
function refusalOf (fields: RequestFields, client: ClientRequest, maxHeadFields: number): number {
  if (!isHttp2Request(client) && client.httpVersion !== '1.1' && client.httpVersion !== '1.0') return 505
  if (client.rawHeaders.length > 2 * maxHeadFields) return 494
  if (fields.hostLines > 1 || (fields.hostLines === 0 && client.httpVersion === '1.1')) return 400
  if (fields.authority !== undefined && fields.host !== undefined && fields.host !== fields.authority) return 400
  if (client.method === 'TRACE') return 405 // would show its sender what the gateway adds
  if (fields.transferEncoding === undefined) return Number(fields.contentLength ?? 0) > Number.MAX_SAFE_INTEGER ? 413 : 0
  if (client.httpVersion === '1.0' || fields.contentLength !== undefined) return 400
  return fields.transferEncoding.toLowerCase() === 'chunked' ? 0 : 501
}
