import type { Route, Service } from '@clinch/schema'
import type { ConsumerDirectory, FoundConsumer } from './consumers.ts'
import type { HeaderList } from './header-list.ts'
import type { PluginUpstream } from './upstream.ts'
import type { TlsFacts } from './tls-facts.ts'

/** What goes to the upstream; plugins change it in `rewrite`, `access` and `beforeProxy`. */
export interface UpstreamRequest {
  method: string
  /** Path and query as they stand in the request line. */
  target: string
  /** Set by a plugin: wins over the client's `Host` where the upstream passes the host on. */
  host: string | undefined
  readonly headers: HeaderList
}

export interface ResponseHead {
  status: number
  readonly headers: HeaderList
}

/** One request from first byte to last; made at its start, passed as an argument, dropped at its end. */
export interface RequestContext {
  /** 32 hexadecimal characters. The `request-id` plugin may replace it. */
  id: string
  readonly startedAtMs: number
  readonly scheme: 'http' | 'https'
  readonly httpVersion: '1.0' | '1.1' | '2.0'
  readonly method: string
  /** The request target as it came. */
  readonly target: string
  /** The normalised path that routes are matched against (`$uri`). */
  readonly uri: string
  /** Raw query without `?`; empty when there is none. */
  readonly query: string
  /** Lower case, without port and final dot; empty when the client named none. */
  readonly host: string
  readonly headers: HeaderList
  /** The client's address after the real-ip rules, and the TCP peer's. */
  readonly remoteAddress: string
  readonly peerAddress: string
  readonly peerPort: number
  readonly serverPort: number
  /** Undefined on plain connections. */
  readonly tls: TlsFacts | undefined
  /** The route that matched, with what its service adds to it, and the patterns of it that did. */
  readonly route: Route | undefined
  readonly service: Service | undefined
  readonly matchedUri: string
  readonly matchedHost: string
  readonly consumers: ConsumerDirectory
  /** Who calls, once an `auth` plugin said so with `attachConsumer`; the last one counts. */
  readonly consumer: FoundConsumer | undefined
  /**
   * The plugins of the consumer and of its group join those of the route, and the upstream is told who it is; an
   * absent value takes the field of the same name away, so that no client names itself.
   */
  attachConsumer (consumer: FoundConsumer): void
  readonly upstream: UpstreamRequest
  /**
   * In the place of the route's upstream: what the plugin's host compiled, or the id of an upstream of the configuration.
   *
   * @returns false when there is none of that id; then nothing has changed
   */
  sendTo (upstream: PluginUpstream | string): boolean
  /**
   * The body of the request, which goes on to the upstream all the same. Undefined when it is longer than the limit,
   * or when the client left before its end.
   */
  readBody (limitBytes: number): Promise<Buffer | undefined>
  /**
   * A longer body is answered with 413, whoever reads it and however far it has come. In the place of `client_max_body_size`
   * and of what was said before; Infinity for no limit.
   */
  limitBody (limitBytes: number): void
  /** Keeps the first octets of the body as it goes by, for `log`; `collectedBody` has what there is until now. */
  collectBody (maxBytes: number): void
  readonly collectedBody: Buffer
  /** Octets of the request that came until now and of the answer that went out, heads with bodies, as HTTP/1.1 writes them. */
  readonly receivedBytes: number
  readonly sentBytes: number
  /** `address:port` of each node that was tried, in order. */
  readonly triedNodes: readonly string[]
  readonly upstreamStatuses: readonly number[]
  /** The head of the response as it went out; undefined before that. */
  readonly sentHead: ResponseHead | undefined
  /** The value of a variable of data-plane.md section 6 by its name without `$`; undefined if there is none. */
  variable (name: string): string | undefined
  /** From here on the variable has this value, whatever it was. */
  setVariable (name: string, value: string): void
  /** Another address for the client, and the port where that is known: for all that follows. */
  setClientAddress (address: string, port: number | undefined): void
  /** Where a plugin keeps what its later phases need, under a key of its own. */
  readonly notes: Map<string | symbol, unknown>
}
