import type { PluginCatalog, PluginHost } from '@clinch/plugins'
import type { Route } from '@clinch/schema'
import type { Logger } from 'pino'
import { compilePhases } from '../phases/compile-phases.ts'
import type { PhaseChain } from '../phases/phase-step.ts'
import { compileUpstream, type CompiledUpstream } from '../upstream/compiled-upstream.ts'
import type { PoolSet } from '../upstream/pool-set.ts'
import { readConditions, type RouteConditions } from './route-conditions.ts'
import type { RoutableRoute } from './route-table.ts'

export interface RouteMakings {
  readonly catalog: PluginCatalog
  readonly hostOf: (plugin: string) => PluginHost
  readonly pools: PoolSet
  /** Told of what is served, but not quite as it is written. */
  readonly log: Logger
  /** A number from 0 up to, not including, 1: where the walk through the nodes starts. */
  readonly random?: () => number
}

export type RouteResult =
  | { readonly kind: 'built', readonly value: CompiledRoute }
  | { readonly kind: 'problem', readonly reason: string }

/**
 * Everything about a route that depends on configuration only. A route is a problem as a whole when it could not be
 * judged by its conditions, or when a loaded plugin of it cannot be made: served without, it would let through what
 * that plugin was there to stop. A plugin that is not loaded is left out, as in APISIX.
 *
 * @param route - as stored, its defaults filled in
 */
export function compileRoute (route: Route, { catalog, hostOf, pools, log, random = Math.random }: RouteMakings): RouteResult {
  const read = readConditions(route)
  if (read.kind === 'refused') return { kind: 'problem', reason: read.reason }
  const { chain, problems } = compilePhases(route.plugins ?? {}, catalog, hostOf)
  const fatal = problems.find(problem => problem.level === 'error')
  if (fatal !== undefined) {
    chain.close()
    return { kind: 'problem', reason: fatal.message }
  }
  for (const { plugin, message } of problems) log.warn({ routeId: route.id, plugin }, message)
  const upstream = compileUpstream(route.upstream, route.timeout, { pools, random })
  if (upstream.kind === 'unusable' && route.upstream !== undefined) log.warn({ routeId: route.id }, upstream.reason)
  return { kind: 'built', value: new CompiledRoute(route, read.conditions, chain, upstream) }
}

/** A route in use: by the snapshots that list it and the requests that matched it. */
export class CompiledRoute implements RoutableRoute {
  readonly route: Route
  readonly conditions: RouteConditions
  readonly chain: PhaseChain
  readonly upstream: CompiledUpstream
  readonly enableWebsocket: boolean
  /** A plugin sees the request before it goes out, so its fields may not be what the gateway made them. */
  readonly mayEditRequest: boolean
  #requests = 0
  #state: 'open' | 'retired' | 'closed' = 'open'

  constructor (route: Route, conditions: RouteConditions, chain: PhaseChain, upstream: CompiledUpstream) {
    this.route = route
    this.conditions = conditions
    this.chain = chain
    this.upstream = upstream
    this.enableWebsocket = route.enable_websocket === true
    this.mayEditRequest = chain.request.length > 0 || chain.beforeProxy.length > 0
  }

  /** A request matched; every one that enters leaves. */
  enter (): void { this.#requests++ }

  leave (): void {
    this.#requests--
    if (this.#state === 'retired' && this.#requests === 0) this.#close()
  }

  /** No snapshot lists it any more: its plugins and connections go when its last request has ended. */
  retire (): void {
    if (this.#state !== 'open') return
    this.#state = 'retired'
    if (this.#requests === 0) this.#close()
  }

  #close (): void {
    this.#state = 'closed'
    this.chain.close()
    if (this.upstream.kind === 'ready') this.upstream.close()
  }
}
