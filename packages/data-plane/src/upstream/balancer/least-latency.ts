import type { Node } from '../node.ts'
import type { Balancer, BalancerMakings } from './balancer.ts'

/** `ewma`: of two random nodes the one that answered faster lately; weights do not count (data-plane.md 5.4). */
export function createLeastLatency<Place extends Node> (nodes: readonly Place[], { random, latencies }: Pick<BalancerMakings, 'random' | 'latencies'>): Balancer<Place> {
  return {
    pick (isOut) {
      const left = nodes.some(isOut) ? nodes.filter(node => !isOut(node)) : nodes
      if (left.length < 2) return left[0]
      const first = Math.floor(random() * left.length)
      const other = (first + 1 + Math.floor(random() * (left.length - 1))) % left.length
      const [one, two] = [left[first], left[other]]
      if (one === undefined || two === undefined) return one ?? two
      return latencies.of(two.address) < latencies.of(one.address) ? two : one
    },
    ended (node, durationMs) {
      if (durationMs !== undefined) latencies.add(node.address, durationMs)
    }
  }
}
