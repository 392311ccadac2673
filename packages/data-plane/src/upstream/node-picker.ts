import type { Balancer, BalancerFactory } from './balancer/balancer.ts'
import type { Node } from './node.ts'

/** Picks the node of an attempt (data-plane.md 5.3): the groups of higher priority until all of theirs were tried. */
export interface NodePicker {
  readonly nodes: readonly Node[]
  pick (tried: readonly Node[]): Node | undefined
}

export function createNodePicker (nodes: readonly Node[], factory: BalancerFactory, random: () => number): NodePicker {
  const [only] = nodes
  if (nodes.length === 1 && only !== undefined) {
    return { nodes, pick: tried => tried.length === 0 ? only : undefined }
  }
  const byPriority = Map.groupBy(nodes, node => node.priority)
  const groups: Balancer[] = [...byPriority].sort(([a], [b]) => b - a).map(([, group]) => factory(group, random))
  return {
    nodes,
    pick (tried) {
      for (const group of groups) {
        const node = group.pick(tried)
        if (node !== undefined) return node
      }
      return undefined
    }
  }
}
