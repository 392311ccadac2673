import type { Node } from '../node.ts'
import type { Balancer, BalancerMakings } from './balancer.ts'

/**
 * The node with the fewest requests for its weight: (1 + active) / weight, the least wins (data-plane.md 5.4). Nodes that
 * are equal take turns. One of weight 0 is taken only when no other can be.
 */
export function createLeastConnections<Place extends Node> (nodes: readonly Place[], { key, activeRequests }: Pick<BalancerMakings, 'key' | 'activeRequests'>): Balancer<Place> {
  const placeOf = (node: Node): string => `${key} ${node.address}`
  const places = nodes.map(placeOf)
  let start = 0

  function scoreAt (index: number): number {
    return (1 + activeRequests.at(places[index] ?? '')) / (nodes[index]?.weight ?? 0)
  }

  return {
    pick (isOut) {
      let best = -1
      let bestScore = Infinity
      for (let step = 0; step < nodes.length; step++) {
        const index = (start + step) % nodes.length
        const node = nodes[index]
        if (node === undefined || isOut(node)) continue
        const score = scoreAt(index)
        if (best !== -1 && score >= bestScore) continue
        best = index
        bestScore = score
      }
      if (best === -1) return undefined
      start = best + 1
      activeRequests.enter(places[best] ?? '')
      return nodes[best]
    },
    ended (node) { activeRequests.leave(placeOf(node)) }
  }
}
