import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { PluginCatalog, PluginHost } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { createAccessLog, type AccessLogOptions } from './access-log/access-log.ts'
import type { Connection } from './connection.ts'
import { ConnectionCounter } from './connection-counter.ts'
import { ConnectionsPerAddress } from './connections-per-address.ts'
import { LimitCounter } from './limit-counter.ts'
import { OpenConnections } from './open-connections.ts'
import { peerAddressOf } from './peer-address.ts'
import { claimsOf, type PluginClaims } from './proxy/plugin-claims.ts'
import { isHttp2Request, type ClientRequest } from './proxy/client.ts'
import { createRequestHandler, type RequestHandler } from './proxy/request-handler.ts'
import { PlainConnection } from './plain-connection.ts'
import { PlainEdge } from './plain-edge.ts'
import { ProxyProtocolEdge, type NextEdge } from './proxy-protocol/proxy-protocol-edge.ts'
import type { DataPlaneSettings, ListenAddress, Listening } from './settings.ts'
import type { ConfigChange, ConfigObject, Problem } from './snapshot/config-object.ts'
import { GoLive } from './snapshot/go-live.ts'
import { atOnce, inSlices } from './snapshot/in-slices.ts'
import { ObjectCompiler } from './snapshot/object-compiler.ts'
import type { PluginMetadata } from './snapshot/plugin-metadata.ts'
import type { Compilers } from './snapshot/compiled-objects.ts'
import { SnapshotBuilder, type SnapshotChange, type SnapshotJob } from './snapshot/snapshot-builder.ts'
import type { HeldBack } from './snapshot/ssl-objects.ts'
import type { Snapshot } from './snapshot/snapshot.ts'
import { createSslReader } from './snapshot/stored-ssl.ts'
import { HandshakeCounter } from './tls/handshake-counter.ts'
import type { StapleTable } from './tls/staple-table.ts'
import { TlsEdge } from './tls/tls-edge.ts'
import type { HealthNews, HealthReport } from './upstream/health/health-messages.ts'
import { createMachineLookup } from './upstream/dns/machine-lookup.ts'
import { UpstreamCommons } from './upstream/upstream-commons.ts'

const idleCheckMs = 200

/** The plugins as this worker has started them. */
export interface RunningPlugins {
  readonly catalog: PluginCatalog
  hostOf (name: string): PluginHost
}

export interface DataPlaneOptions {
  readonly settings: DataPlaneSettings
  readonly plugins: RunningPlugins
  /** What the hosts of the plugins read from; kept up to date from here on. */
  readonly metadata: PluginMetadata
  readonly staples: StapleTable
  readonly metrics: Registry
  /** Tells whoever probes the nodes of this machine; the answers come back by `takeHealth`. */
  readonly reportHealth: (report: HealthReport) => void
  /** A stored private key in PEM; throws when no entry of the keyring fits. */
  readonly decryptKey: (stored: string) => string
  readonly log: Logger
  readonly now: () => number
  /** Undefined: there is none. */
  readonly accessLog?: AccessLogOptions | undefined
}

/**
 * Everything that serves traffic in one worker: listeners, the TLS edge, the router and the proxy, over one snapshot
 * of the configuration that is replaced as a whole.
 */
export class DataPlane implements AsyncDisposable {
  readonly #options: DataPlaneOptions
  readonly #builder: SnapshotBuilder
  readonly #goLive: GoLive
  readonly #upstreams: UpstreamCommons
  readonly #handler: RequestHandler
  readonly #connections: ConnectionCounter
  readonly #limits: LimitCounter
  readonly #open: OpenConnections
  /** Undefined: an address may have any number. */
  readonly #perAddress: ConnectionsPerAddress | undefined
  readonly #edge: TlsEdge
  readonly #plainEdge: PlainEdge
  readonly #proxiedEdges: ProxyProtocolEdge[] = []
  readonly #tcpServers: TcpServer[] = []
  /** The last of the changes under way. */
  #changing: Promise<void> = Promise.resolve()
  #snapshot: Snapshot
  #claims: PluginClaims

  constructor (options: DataPlaneOptions) {
    this.#options = options
    const { settings, log } = options
    this.#upstreams = new UpstreamCommons({
      lookup: createMachineLookup(settings.names),
      resolverTimeoutMs: settings.names.timeoutMs,
      trustedCaPem: settings.trustedCaPem,
      healthChecks: settings.healthChecks,
      reportHealth: options.reportHealth,
      metrics: options.metrics,
      metricPrefix: settings.metricPrefix,
      log,
      now: options.now,
      random: Math.random
    })
    this.#goLive = new GoLive({ staples: options.staples, awaitFirstMs: settings.awaitFirstStapleMs, now: options.now, release: heldBack => this.#release(heldBack) })
    this.#builder = new SnapshotBuilder({
      routeMatcher: settings.routeMatcher,
      decryptKey: options.decryptKey,
      metadata: options.metadata,
      isReady: (next, previous) => this.#goLive.isReady(next, previous),
      log
    }, this.#compilersFor(options.plugins))
    this.#snapshot = atOnce(this.#builder.apply([])).snapshot
    this.#claims = claimsOf(options.plugins.catalog)
    this.#handler = createRequestHandler({ snapshot: () => this.#snapshot, claims: () => this.#claims, settings, log, now: options.now, accessLog: options.accessLog === undefined ? undefined : createAccessLog(options.accessLog) })
    this.#connections = new ConnectionCounter(options.metrics, settings.metricPrefix, this.#handler)
    this.#limits = new LimitCounter({ metrics: options.metrics, metricPrefix: settings.metricPrefix, log, now: options.now })
    this.#open = new OpenConnections(settings.maxConnections, socket => this.#limits.count('worker_connections', peerAddressOf(socket.remoteAddress)))
    this.#perAddress = settings.maxConnectionsPerAddress === 0 ? undefined : new ConnectionsPerAddress(settings.maxConnectionsPerAddress)
    this.#plainEdge = new PlainEdge({ keepAliveTimeoutMs: settings.keepAliveTimeoutMs, headersTimeoutMs: settings.headersTimeoutMs, http2: settings.tls.http2, limits: settings.tls.limits }, {
      onRequest: (request, response) => this.#takeRequest(request, response, plainConnectionOf(request)),
      onUpgrade: (request, socket, head) => this.#takeUpgrade(request, socket, head, plainConnectionOf(request)),
      onConnect: this.#handler.handleConnect,
      onFailure: this.#handler.handleFailure,
      onMisuse: () => this.#limits.count('http2')
    })
    this.#edge = new TlsEdge({
      settings: settings.tls,
      names: () => this.#snapshot.names,
      staples: options.staples,
      handshakes: new HandshakeCounter(options.metrics, settings.metricPrefix),
      limits: this.#limits,
      log,
      onRequest: this.#takeRequest,
      onUpgrade: this.#takeUpgrade,
      onConnect: this.#handler.handleConnect,
      onFailure: this.#handler.handleFailure
    })
  }

  get problems (): readonly Problem[] { return this.#builder.problems }

  /** Resolves when the changes are in force; one call follows the other. Requests go on being served meanwhile. */
  async apply (changes: readonly ConfigChange[]): Promise<void> {
    await this.#inTurn(() => this.#builder.apply(changes))
  }

  async replaceAll (objects: readonly ConfigObject[]): Promise<void> {
    await this.#inTurn(() => this.#builder.replaceAll(objects))
  }

  /** Requests in flight end with the plugins they began with. */
  async setPlugins (plugins: RunningPlugins): Promise<void> {
    await this.#inTurn(() => this.#builder.recompile(this.#compilersFor(plugins)), () => { this.#claims = claimsOf(plugins.catalog) })
  }

  takeHealth (news: readonly HealthNews[]): void {
    for (const item of news) this.#upstreams.health.take(item)
  }

  /** A client certificate was revoked, or one above it: ends the connections that depend on it. */
  drainClient (fingerprint: string): void {
    this.#edge.drainClient(fingerprint)
  }

  /** Session tickets that were given until now are good no more. */
  setTicketSecret (secret: Buffer): void {
    this.#edge.setTicketSecret(secret)
  }

  /** Rejects when an address cannot be had; then nothing listens. */
  async listen (): Promise<readonly Listening[]> {
    const { http, https } = this.#options.settings
    try {
      const plain = await Promise.all(http.map(async address => await this.#listenOn(address, 'http', this.#plainEdge)))
      const secure = await Promise.all(https.map(async address => await this.#listenOn(address, 'https', this.#edge)))
      return [...plain, ...secure]
    } catch (error) {
      await this.close(0)
      throw error
    }
  }

  /**
   * Accepts nothing new, ends what is idle, waits for what is in flight and cuts it off at the deadline.
   *
   * @param windDownMs - how long connections that are idle, or have only been made, may still be used, once; 0 ends them at
   *   once, and a request that is on its way meets a closed connection
   */
  async close (deadlineMs: number, windDownMs = 0): Promise<void> {
    const closing = Promise.all(this.#tcpServers.map(async server => { await new Promise(resolve => server.close(resolve)) }))
    const cut = setTimeout(() => this.#open.destroyAll(), deadlineMs)
    if (windDownMs > 0) {
      this.#edge.windDown(windDownMs)
      this.#plainEdge.windDown(windDownMs)
      await Promise.race([closing, delay(windDownMs, undefined, { ref: false })])
    }
    for (const edge of this.#proxiedEdges) edge.close()
    this.#edge.close()
    this.#plainEdge.close()
    const idleCheck = setInterval(() => { // a connection may fall idle at any time
      this.#edge.close()
      this.#plainEdge.close()
    }, idleCheckMs)
    await closing
    clearInterval(idleCheck)
    clearTimeout(cut)
    await this.#upstreams.close()
  }

  async [Symbol.asyncDispose] (): Promise<void> { await this.close(0) }

  readonly #takeRequest: RequestHandler['handleRequest'] = (request, response, connection) => {
    this.#requested(request, connection)
    this.#handler.handleRequest(request, response, connection)
  }

  readonly #takeUpgrade: RequestHandler['handleUpgrade'] = (request, socket, head, connection) => {
    this.#requested(request, connection)
    this.#handler.handleUpgrade(request, socket, head, connection)
  }

  #requested (request: ClientRequest, connection: Connection): void {
    if (connection.requests > 0) return
    this.#connections.used(request)
    if (connection.tcp !== undefined) this.#open.used(connection.tcp)
  }

  async #inTurn (job: () => SnapshotJob, onSwap: () => void = () => {}): Promise<void> {
    const turn = this.#changing.then(async () => {
      const change = await inSlices(job())
      onSwap()
      this.#swap(change)
      await inSlices(letGo(change.retired))
    })
    this.#changing = turn.catch(() => {}) // whoever asked is told
    await turn
  }

  #release (heldBack: HeldBack): void {
    this.#inTurn(() => this.#builder.release(heldBack)).catch((err: unknown) => this.#options.log.error({ err, object: heldBack.key }, 'certificate did not go live'))
  }

  #swap ({ snapshot, retiredSslIds, heldBack }: SnapshotChange): void {
    this.#snapshot = snapshot
    for (const one of heldBack) this.#goLive.wait(one)
    for (const id of retiredSslIds) this.#edge.retire(id)
  }

  #compilersFor ({ catalog, hostOf }: RunningPlugins): Compilers {
    const { decryptKey, metadata, log } = this.#options
    return {
      readSsl: createSslReader(catalog),
      compiler: new ObjectCompiler({ catalog, hostOf, upstreams: this.#upstreams, decryptKey, log }),
      setMetadata: (plugin, stored) => metadata.set(plugin, stored, catalog)
    }
  }

  /** The way to an edge past the limit of each address, which is known by here. */
  #doorOf (edge: PlainEdge | TlsEdge): NextEdge {
    const perAddress = this.#perAddress
    if (perAddress === undefined) return edge
    return {
      accept: (socket, proxied) => {
        const address = proxied?.sourceAddress ?? peerAddressOf(socket.remoteAddress)
        if (perAddress.admit(socket, address)) return edge.accept(socket, proxied)
        this.#limits.count('connections_per_address', address)
        socket.destroy()
      }
    }
  }

  #behindProxies (next: NextEdge): ProxyProtocolEdge {
    const { settings, log } = this.#options
    const made = new ProxyProtocolEdge({ trustedAddresses: settings.proxyProtocolFrom, timeoutMs: settings.tls.clientHelloTimeoutMs }, next, log, () => performance.now())
    this.#proxiedEdges.push(made)
    return made
  }

  async #listenOn (address: ListenAddress, scheme: 'http' | 'https', edge: PlainEdge | TlsEdge): Promise<Listening> {
    const door = this.#doorOf(edge)
    const first = address.proxyProtocol === true ? this.#behindProxies(door) : door
    const server = createTcpServer({ noDelay: true }, socket => {
      if (!this.#open.admit(socket)) return this.#connections.refused()
      this.#connections.accepted(socket)
      first.accept(socket, undefined)
    })
    this.#tcpServers.push(server)
    return await listenOn(server, address, scheme)
  }
}

function plainConnectionOf (request: ClientRequest): PlainConnection {
  const session = isHttp2Request(request) ? request.stream.session : undefined
  return session === undefined ? PlainConnection.of(request.socket, request.socket) : PlainConnection.of(session, session.socket as Socket) // plain: no TLS socket
}

function * letGo (retired: SnapshotChange['retired']): Generator<void> {
  for (const one of retired) {
    one()
    yield
  }
}

async function listenOn (server: TcpServer, { host, port, proxyProtocol = false }: ListenAddress, scheme: 'http' | 'https'): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = server.address() as AddressInfo // a TCP server that listens has one
  return { scheme, address: host ?? '', port: bound.port, proxyProtocol }
}
