import type { BalancerMakings, HashSource } from '../../packages/data-plane/src/upstream/balancer/balancer.ts'
import { ActiveRequests } from '../../packages/data-plane/src/upstream/balancer/active-requests.ts'
import { LatencyTable } from '../../packages/data-plane/src/upstream/balancer/latency-table.ts'
import type { PickingRequest } from '../../packages/data-plane/src/upstream/node-picker.ts'
import { normalizeNodes, type Node } from '../../packages/data-plane/src/upstream/node.ts'

/** What a balancer is made with, without chance and with a clock that stands still. */
export function balancerMakings (given: Partial<BalancerMakings> = {}): BalancerMakings {
  return {
    key: 'upstreams/1',
    random: () => 0,
    activeRequests: new ActiveRequests(),
    latencies: new LatencyTable(() => 0),
    hashKey: request => request.remoteAddress,
    ...given
  }
}

export interface AskedRequest {
  readonly tried?: readonly Node[]
  readonly remoteAddress?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
  readonly consumer?: string
}

/** A request as balancers see it. */
export function requestThat ({ tried = [], remoteAddress = '192.0.2.1', headers = {}, variables = {}, consumer }: AskedRequest = {}): PickingRequest {
  return {
    id: '1',
    tried,
    remoteAddress,
    consumer: consumer === undefined ? undefined : { username: consumer } as NonNullable<HashSource['consumer']>, // balancers look at no more
    headers: { get: name => headers[name] },
    variable: name => variables[name]
  }
}

/** Nodes by weight: `{ 'a:80': 1 }`. */
export function nodesOf (weights: Readonly<Record<string, number>>): Node[] {
  return normalizeNodes({ ...weights }, 'http')
}
