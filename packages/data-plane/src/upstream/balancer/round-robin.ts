import type { Node } from '../node.ts'
import type { Balancer, BalancerMakings } from './balancer.ts'
import { greatestCommonDivisor } from './greatest-common-divisor.ts'

/**
 * Weighted round robin with a sweeping threshold (data-plane.md 5.4): the nodes are walked in a circle and the next
 * one whose weight reaches the threshold is taken; with each pass the threshold falls by the weights' common divisor,
 * from the greatest weight down and round again. A node of weight 0 is taken only when all have it.
 */
export function createRoundRobin<Place extends Node> (nodes: readonly Place[], { random }: Pick<BalancerMakings, 'random'>): Balancer<Place> {
  const weighted = nodes.filter(node => node.weight > 0)
  const ring = weighted.length > 0 ? weighted : nodes
  const weightOf = (node: Node): number => weighted.length > 0 ? node.weight : 1
  const greatest = Math.max(...ring.map(weightOf))
  const divisor = ring.map(weightOf).reduce(greatestCommonDivisor)
  let position = Math.floor(random() * ring.length) - 1
  let threshold = greatest

  function next (): Place | undefined {
    for (;;) {
      position++
      if (position >= ring.length) {
        position = 0
        threshold = threshold - divisor <= 0 ? greatest : threshold - divisor
      }
      const node = ring[position]
      if (node === undefined || weightOf(node) >= threshold) return node
    }
  }

  return {
    pick (isOut) {
      const first = next()
      if (first === undefined || !isOut(first)) return first
      if (ring.every(isOut)) return undefined
      for (;;) {
        const node = next()
        if (node === undefined || !isOut(node)) return node
      }
    }
  }
}
