import { createServer, type Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { compileValidator, RouteSchema, type Route } from '@clinch/schema'
import type { LoadedPlugin, Plugin, PluginCatalog, PluginHost, RequestOutcome } from '@clinch/plugins'
import { recordLog, type LogLine } from '../support/log-recorder.ts'
import type { Connection } from '../../packages/data-plane/src/connection.ts'
import { claimsOf } from '../../packages/data-plane/src/proxy/plugin-claims.ts'
import { takeClientEvents } from '../../packages/data-plane/src/proxy/client-events.ts'
import { defaultClientLimits } from '../../packages/data-plane/src/proxy/client-limits.ts'
import { isHttp2Request } from '../../packages/data-plane/src/proxy/client.ts'
import { createRequestHandler, wantsUpgrade } from '../../packages/data-plane/src/proxy/request-handler.ts'
import type { ProxySettings } from '../../packages/data-plane/src/proxy/settings.ts'
import type { RouteMatcher } from '../../packages/data-plane/src/router/route-table.ts'
import type { ConfigObject } from '../../packages/data-plane/src/snapshot/config-object.ts'
import { atOnce } from '../../packages/data-plane/src/snapshot/in-slices.ts'
import { ObjectCompiler } from '../../packages/data-plane/src/snapshot/object-compiler.ts'
import { PluginMetadata } from '../../packages/data-plane/src/snapshot/plugin-metadata.ts'
import { SnapshotBuilder, type SnapshotChange } from '../../packages/data-plane/src/snapshot/snapshot-builder.ts'
import { createSslReader } from '../../packages/data-plane/src/snapshot/stored-ssl.ts'
import type { PoolSet } from '../../packages/data-plane/src/upstream/pool-set.ts'
import type { UpstreamCommonsOptions } from '../../packages/data-plane/src/upstream/upstream-commons.ts'
import { createUpstreamWorld, type UpstreamWorld } from './upstream-world.ts'

/** The HTTP half of the data plane behind a plain listener, with what it logs and counts within reach. */
export interface HttpGateway {
  readonly port: number
  readonly url: string
  /** Log lines as objects, in order. */
  readonly lines: readonly LogLine[]
  readonly outcomes: readonly RequestOutcome[]
  readonly pools: PoolSet
  readonly upstreams: UpstreamWorld
  /** Resolves when that many requests are over. */
  over (count: number): Promise<void>
  inFlight (): number
  /** Replaces the routes as a configuration change does. */
  replace (routes: ReadonlyArray<Partial<Route>>): void
  close (): Promise<void>
}

export interface HttpGatewayOptions {
  readonly routes: ReadonlyArray<Partial<Route>>
  /** What else is stored, by key: `services/1`. */
  readonly objects?: Readonly<Record<string, object>>
  readonly routeMatcher?: RouteMatcher
  readonly plugins?: readonly Plugin[]
  /** Loaded plugins, whose configurations are checked as they are in a worker; in the place of `plugins`. */
  readonly catalog?: PluginCatalog
  readonly settings?: Partial<ProxySettings>
  readonly protocol?: 'http1' | 'http2'
  readonly connection?: Partial<Connection>
  readonly upstreams?: Partial<UpstreamCommonsOptions>
}

export const defaultSettings: ProxySettings = {
  serverToken: 'clinch-test',
  showUpstreamStatus: false,
  realIpHeader: 'X-Real-IP',
  realIpFrom: [],
  trustedAddresses: undefined
}

const validateRoute = compileValidator(RouteSchema, { fillDefaults: true })

/** A route as it is stored, its defaults filled in. */
export function routeOf (stored: Partial<Route>): Route {
  const checked = validateRoute(stored)
  if (checked.kind === 'invalid') throw new Error(checked.issue.message)
  return checked.value
}

/** A catalog of plugins that take every configuration. */
export function catalogOf (plugins: readonly Plugin[]): PluginCatalog {
  const list = plugins.map((plugin): LoadedPlugin => ({
    plugin,
    source: 'built-in',
    schema: Type.Object({}),
    attr: {},
    reservedFields: plugin.reservedFields?.({}) ?? [],
    checkConsumerConf: conf => ({ kind: 'valid', conf: conf as Record<string, unknown> }),
    checkConf: conf => typeof conf === 'object' && conf !== null && 'wrong' in conf
      ? { kind: 'invalid', message: `failed to check the configuration of plugin ${plugin.name} err: wrong` }
      : { kind: 'valid', conf: conf as Record<string, unknown> }
  }))
  const variables = new Map(plugins.flatMap(plugin => Object.entries(plugin.variables ?? {})))
  return { list, failures: [], reservedFields: list.flatMap(loaded => loaded.reservedFields), variables, get: name => list.find(loaded => loaded.plugin.name === name), resourceProperties: () => ({}) }
}

export async function startHttpGateway (options: HttpGatewayOptions): Promise<HttpGateway> {
  const { log, lines } = recordLog('debug')
  const upstreams = createUpstreamWorld({ log, ...options.upstreams })
  const { commons } = upstreams
  const outcomes: RequestOutcome[] = []
  const waiting = new Set<() => void>()
  const catalog = options.catalog ?? catalogOf(options.plugins ?? [])
  const hostOf = (name: string) => ({ log, now: Date.now, attr: catalog.get(name)?.attr, tlsPorts: [9443], metadata: () => metadata.of(name) }) as unknown as PluginHost // the plugins of tests use no more
  let revision = 0
  let problems: readonly string[] = []
  const metadata = new PluginMetadata()
  const builder = new SnapshotBuilder(
    { routeMatcher: options.routeMatcher ?? 'radixtree_host_uri', decryptKey: stored => stored, metadata, isReady: () => true, log },
    {
      readSsl: createSslReader(catalog),
      compiler: new ObjectCompiler({ catalog, hostOf, upstreams: commons, decryptKey: stored => stored, log }),
      setMetadata: (plugin, stored) => metadata.set(plugin, stored, catalog)
    }
  )
  let { snapshot } = atOnce(builder.apply([]))

  function take (change: SnapshotChange): void {
    snapshot = change.snapshot
    for (const letGo of change.retired) letGo()
    problems = builder.problems.map(({ key, reason }) => `${key}: ${reason}`)
  }

  function replace (stored: ReadonlyArray<Partial<Route>>): void {
    const objects = { ...options.objects, ...Object.fromEntries(stored.map((route, index) => [`routes/${route.id ?? index}`, route])) }
    take(atOnce(builder.replaceAll(Object.entries(objects).map(([key, value]): ConfigObject => ({ key, value: JSON.stringify(value), createRevision: 1, modRevision: ++revision })))))
    if (problems.length > 0) throw new Error(problems.join('; '))
  }

  const claims = claimsOf(catalog)
  const handler = createRequestHandler({
    claims: () => claims,
    snapshot: () => snapshot,
    settings: { ...defaultSettings, ...options.settings },
    log,
    now: Date.now,
    onRequestEnd (_context, outcome) {
      outcomes.push(outcome)
      for (const wake of waiting) wake()
    }
  })
  replace(options.routes)

  const sockets = new Set<Socket>()
  const server = options.protocol === 'http2'
    ? createHttp2Server()
    : createServer({ shouldUpgradeCallback: wantsUpgrade, maxHeaderSize: defaultClientLimits.maxHeadBytes })
  const connections = new WeakMap<object, Connection>()
  const connectionOn = (owner: object, socket: Duplex | undefined): Connection => {
    const known = connections.get(owner) ?? connectionOf(socket as Socket | undefined, options)
    connections.set(owner, known)
    return known
  }
  takeClientEvents(server, defaultClientLimits.maxHeadFields, {
    onRequest: (request, response) => handler.handleRequest(request, response, isHttp2Request(request) ? connectionOn(request.stream.session ?? request, request.stream.session?.socket) : connectionOn(request.socket, request.socket)),
    onUpgrade: (request, socket, head) => handler.handleUpgrade(request, socket, head, connectionOn(socket, socket)),
    onConnect: handler.handleConnect,
    onFailure: handler.handleFailure
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  ;(server as Server).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server's
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    lines,
    outcomes,
    pools: commons.pools,
    upstreams,
    replace,
    inFlight: handler.inFlight,
    async over (count) {
      while (outcomes.length < count) {
        await new Promise<void>(resolve => {
          const wake = (): void => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
        })
      }
    },
    async close () {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      take(atOnce(builder.replaceAll([])))
      await commons.close()
      await closed
    }
  }
}

function connectionOf (socket: { remotePort?: number | undefined, localPort?: number | undefined } | undefined, options: HttpGatewayOptions): Connection {
  return {
    scheme: 'http',
    peerAddress: '127.0.0.1',
    peerPort: socket?.remotePort ?? 0,
    serverAddress: '127.0.0.1',
    serverPort: socket?.localPort ?? 0,
    serial: 1,
    requests: 0,
    firstUsedMs: 0,
    tls: undefined,
    judge: () => ({ kind: 'pass' }),
    ...options.connection
  }
}
