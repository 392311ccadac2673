import type { Route, Service } from '@clinch/schema'
import { JoinedChains, chainOf, mergeSets, type PhaseChain } from '../phases/phase-chain.ts'
import type { PluginSet } from '../phases/plugin-set.ts'
import type { UpstreamRef } from '../upstream/upstream-ref.ts'
import type { RouteConditions } from './route-conditions.ts'
import type { RoutableRoute } from './route-table.ts'

/** Something that the route refers to is missing: it matches, and answers so. */
export interface RouteRefusal {
  readonly status: number
  /** For the log. */
  readonly reason: string
}

export interface RouteParts {
  /** With what its service adds to it. */
  readonly route: Route
  readonly service: Service | undefined
  readonly conditions: RouteConditions
  /** The weakest first; each held for this route. */
  readonly sets: readonly PluginSet[]
  readonly upstream: UpstreamRef
  readonly refusal: RouteRefusal | undefined
}

/** A route in use: by the snapshots that list it and the requests that matched it. */
export class CompiledRoute implements RoutableRoute {
  readonly route: Route
  readonly service: Service | undefined
  readonly conditions: RouteConditions
  readonly sets: readonly PluginSet[]
  readonly chain: PhaseChain
  readonly joined: JoinedChains
  readonly upstream: UpstreamRef
  readonly refusal: RouteRefusal | undefined
  readonly enableWebsocket: boolean
  #requests = 0
  #state: 'open' | 'retired' | 'closed' = 'open'

  constructor ({ route, service, conditions, sets, upstream, refusal }: RouteParts) {
    this.route = route
    this.service = service
    this.conditions = conditions
    this.sets = sets
    this.chain = chainOf(mergeSets(sets))
    this.joined = new JoinedChains(sets)
    this.upstream = upstream
    this.refusal = refusal
    this.enableWebsocket = route.enable_websocket === true
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
    for (const set of this.sets) set.release()
    if (this.upstream.kind === 'own' && this.upstream.upstream.kind === 'ready') this.upstream.upstream.close()
  }
}
