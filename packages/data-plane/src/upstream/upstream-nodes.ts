import { isIP } from 'node:net'
import type { NameCache, NameHold } from './dns/name-cache.ts'
import type { NodeHealth } from './health/health-table.ts'
import type { NodePicker } from './node-picker.ts'
import { nodeAt, type Node } from './node.ts'
import type { NodePool, PoolHold } from './pool-set.ts'

/** A node that can be connected to. */
export interface Target extends Node {
  readonly pool: NodePool
}

export interface UpstreamNodesOptions {
  /** As they are written; those that are names stand for all their addresses. */
  readonly nodes: readonly Node[]
  readonly names: NameCache
  readonly holdPool: (node: Node) => PoolHold
  readonly createPicker: (targets: readonly Target[]) => NodePicker<Target>
  readonly health: NodeHealth
}

/** The nodes of one upstream as they are now: the addresses of its names come and go. */
export class UpstreamNodes {
  readonly health: NodeHealth
  readonly #options: UpstreamNodesOptions
  readonly #names = new Map<Node, NameHold>()
  #holds = new Map<string, { readonly target: Target, readonly release: () => void }>()
  #picker: NodePicker<Target>
  #isClosed = false

  constructor (options: UpstreamNodesOptions) {
    const { nodes, names, health } = options
    this.health = health
    this.#options = options
    for (const node of nodes) {
      if (isIP(node.host) === 0) this.#names.set(node, names.hold(node.host, () => this.#resolved()))
    }
    this.#picker = this.#createPicker()
  }

  /** Among the nodes as they are now; a request keeps to the one that it began with. */
  get picker (): NodePicker<Target> { return this.#picker }

  /** Undefined when the addresses of all names are known or found missing, else when they will be. */
  known (): Promise<unknown> | undefined {
    let waiting: Array<Promise<void>> | undefined
    for (const name of this.#names.values()) {
      const known = name.known()
      if (known !== undefined) (waiting ??= []).push(known)
    }
    return waiting === undefined ? undefined : Promise.all(waiting)
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const name of this.#names.values()) name.release()
    for (const { release } of this.#holds.values()) release()
    this.health.close()
  }

  #resolved (): void {
    if (!this.#isClosed) this.#picker = this.#createPicker()
  }

  // Connections to addresses that stay are kept.
  #createPicker (): NodePicker<Target> {
    const { createPicker, holdPool, health } = this.#options
    const before = this.#holds
    this.#holds = new Map()
    const targets = this.#expand().map(node => {
      const kept = before.get(placeOf(node))
      const hold = kept === undefined ? holdPool(node) : undefined
      const entry = kept ?? { target: { ...node, pool: (hold as PoolHold).pool }, release: () => hold?.release() }
      before.delete(placeOf(node))
      this.#holds.set(placeOf(node), entry)
      return entry.target
    })
    for (const { release } of before.values()) release()
    health.setNodes(targets)
    return createPicker(targets)
  }

  #expand (): Node[] {
    const expanded = this.#options.nodes.flatMap(node => {
      const name = this.#names.get(node)
      return name === undefined ? [node] : name.addresses.map(address => nodeAt(node, address))
    })
    return [...new Map(expanded.map(node => [placeOf(node), node])).values()]
  }
}

// Two names may have one address; a node that is written twice is one.
function placeOf ({ address, domain, priority }: Node): string {
  return `${address} ${domain ?? ''} ${priority}`
}
