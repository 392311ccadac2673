import { crc32 } from 'node:zlib'
import type { Node } from '../node.ts'
import type { Balancer, BalancerMakings } from './balancer.ts'
import { greatestCommonDivisor } from './greatest-common-divisor.ts'

const pointsPerUnit = 160
const maxUnits = 10_000
const ownerRange = 2 ** 20 // a hash of 32 bits and an index fit into the 53 bits of a number

/**
 * A ring of points, the same as in APISIX, so that a key keeps its node when one takes the place of the other
 * (data-plane.md 5.4). The ring holds all nodes; from one that is out the walk goes on to the next point, so that the
 * keys of the others stay where they are.
 */
export function createConsistentHash<Place extends Node> (nodes: readonly Place[], { hashKey }: Pick<BalancerMakings, 'hashKey'>): Balancer<Place> {
  const ring = createRing(nodes)
  return {
    pick (isOut, request) {
      const start = firstAtLeast(ring.hashes, crc32(hashKey(request)))
      const first = nodes[ring.owners[start] ?? 0]
      if (first === undefined || !isOut(first)) return first
      if (nodes.every(isOut)) return undefined
      for (let step = 1; step < ring.owners.length; step++) {
        const node = nodes[ring.owners[(start + step) % ring.owners.length] ?? 0]
        if (node !== undefined && !isOut(node)) return node
      }
      return undefined // what is left has no weight
    }
  }
}

interface Ring {
  /** Ascending. */
  readonly hashes: Uint32Array
  /** The node of each point. */
  readonly owners: Uint32Array
}

function createRing (nodes: readonly Node[]): Ring {
  const units = unitsOf(nodes)
  const points = new Float64Array(units.reduce((sum, count) => sum + count, 0) * pointsPerUnit)
  let filled = 0
  nodes.forEach((node, owner) => {
    const seed = crc32(node.address.replaceAll(':', '\0'))
    const previous = Buffer.alloc(4)
    for (let left = (units[owner] ?? 0) * pointsPerUnit; left > 0; left--) {
      const hash = crc32(previous, seed)
      points[filled++] = hash * ownerRange + owner
      previous.writeUInt32LE(hash)
    }
  })
  points.sort()
  return {
    hashes: Uint32Array.from(points, point => Math.floor(point / ownerRange)),
    owners: Uint32Array.from(points, point => point % ownerRange)
  }
}

// Weights by their common divisor. Where that leaves more units than a ring should have, they are scaled down; where no
// node has a weight, all have the same.
function unitsOf (nodes: readonly Node[]): number[] {
  const divisor = nodes.map(({ weight }) => weight).reduce(greatestCommonDivisor, 0)
  if (divisor === 0) return nodes.map(() => 1)
  const units = nodes.map(({ weight }) => weight / divisor)
  const sum = units.reduce((total, count) => total + count, 0)
  return sum <= maxUnits ? units : units.map(count => count === 0 ? 0 : Math.max(1, Math.floor(count * maxUnits / sum)))
}

// Past the last point comes the first.
function firstAtLeast (hashes: Uint32Array, hash: number): number {
  let low = 0
  let high = hashes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((hashes[middle] ?? 0) < hash) low = middle + 1
    else high = middle
  }
  return low === hashes.length ? 0 : low
}
