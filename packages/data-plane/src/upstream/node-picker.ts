import type { Balancer, HashSource } from './balancer/balancer.ts'
import type { Node } from './node.ts'

/** A request as far as picking goes. */
export interface PickingRequest extends HashSource {
  readonly tried: readonly Node[]
}

/** Picks the node of an attempt (data-plane.md 5.3): the groups of higher priority until all of theirs were tried. */
export interface NodePicker<Place extends Node = Node> {
  readonly nodes: readonly Place[]
  /** Undefined when all were tried. What is picked is handed to `ended` when the attempt is over. */
  pick (request: PickingRequest): Place | undefined
  /** @param durationMs - until the end of the answer; undefined where there was none */
  ended (node: Place, durationMs: number | undefined): void
}

export interface NodePickerOptions<Place extends Node> {
  readonly createBalancer: (group: readonly Place[]) => Balancer<Place>
  /** Nodes that checks found to be ill are left out, unless all are. */
  readonly isWell: (node: Place) => boolean
  readonly onAllIll: () => void
  /** `least_conn`: a node that has no other beside it is counted too, and may be tried again. */
  readonly balancesOne: boolean
}

export function createNodePicker<Place extends Node> (nodes: readonly Place[], options: NodePickerOptions<Place>): NodePicker<Place> {
  const [only] = nodes
  if (nodes.length === 1 && only !== undefined) return pickerOfOne(only, options)
  const { createBalancer, isWell, onAllIll } = options
  const byPriority = Map.groupBy(nodes, node => node.priority)
  const groups = [...byPriority].sort(([a], [b]) => b - a).map(([priority, group]) => ({ priority, balancer: createBalancer(group) }))
  return {
    nodes,
    pick (request) {
      const { tried } = request
      const areAllIll = !nodes.some(isWell)
      if (areAllIll && tried.length === 0) onAllIll()
      const isOut = (node: Place): boolean => (!areAllIll && !isWell(node)) || tried.some(({ address }) => address === node.address)
      for (const { balancer } of groups) {
        const node = balancer.pick(isOut, request)
        if (node !== undefined) return node
      }
      return undefined
    },
    ended (node, durationMs) {
      groups.find(({ priority }) => priority === node.priority)?.balancer.ended?.(node, durationMs)
    }
  }
}

// Used directly, whatever its weight and its health.
function pickerOfOne<Place extends Node> (only: Place, { createBalancer, balancesOne }: NodePickerOptions<Place>): NodePicker<Place> {
  const balancer = createBalancer([only])
  return {
    nodes: [only],
    pick (request) {
      if (balancesOne) return balancer.pick(() => false, request)
      return request.tried.length === 0 ? only : undefined
    },
    ended (node, durationMs) { balancer.ended?.(node, durationMs) }
  }
}
