import type { RequestContext } from '@clinch/plugins'
import type { Node } from '../node.ts'
import type { ActiveRequests } from './active-requests.ts'
import { createConsistentHash } from './consistent-hash.ts'
import { createLeastConnections } from './least-connections.ts'
import { createLeastLatency } from './least-latency.ts'
import type { LatencyTable } from './latency-table.ts'
import { createRoundRobin } from './round-robin.ts'

/** What of a request may decide where it goes. */
export type HashSource = Pick<RequestContext, 'id' | 'remoteAddress' | 'consumer' | 'variable'> & { readonly headers: Pick<RequestContext['headers'], 'get'> }

/** Picks among the nodes of one priority. */
export interface Balancer<Place extends Node> {
  /** @param isOut - nodes that were tried or are not well; undefined when all nodes are out */
  pick (isOut: (node: Place) => boolean, request: HashSource): Place | undefined
  /** An attempt is over; `durationMs` until the end of the answer, undefined where there was none. */
  ended? (node: Place, durationMs: number | undefined): void
}

/** What a balancer is made with. */
export interface BalancerMakings {
  /** The upstream: what `least_conn` keeps its counts under. */
  readonly key: string
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number
  readonly activeRequests: ActiveRequests
  readonly latencies: LatencyTable
  /** For `chash`. */
  readonly hashKey: (request: HashSource) => string
}

export type BalancerFactory = <Place extends Node>(nodes: readonly Place[], makings: BalancerMakings) => Balancer<Place>

/** `upstream.type` to what picks the nodes. */
export const balancers: Readonly<Record<string, BalancerFactory>> = {
  roundrobin: createRoundRobin,
  chash: createConsistentHash,
  least_conn: createLeastConnections,
  ewma: createLeastLatency
}
