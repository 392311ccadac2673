import type { SeededRandom } from '../../t/ocsp-core/seeded-random.ts'
import { allPlaces, type DerNode, readTree, writeTree } from './der-tree.ts'

/** Changes octets in one to four ways: blindly, or as DER with lengths that stay right. `others` lend their parts. */
export function mutate (octets: Buffer, others: readonly Buffer[], random: SeededRandom): Buffer {
  let changed = octets
  for (let left = random.pick([1, 1, 1, 2, 3, 4]); left > 0; left--) {
    changed = random.chance(0.5) ? changeTree(changed, random.pick(others), random) : changeOctets(changed, random.pick(others), random)
  }
  return changed
}

const telling = [0x00, 0x01, 0x02, 0x1f, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xa1, 0xa2, 0xff] as const
const oddTags = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x13, 0x17, 0x18, 0x24, 0x30, 0x31, 0x80, 0x82, 0xa0, 0xa1, 0xa2, 0xa3] as const

type ChangeOctets = (octets: Buffer, other: Buffer, random: SeededRandom) => Buffer

const octetChanges: readonly ChangeOctets[] = [
  (octets, _, random) => replaced(octets, random, octet => octet ^ (1 << random.below(8))),
  (octets, _, random) => replaced(octets, random, () => random.below(256)),
  (octets, _, random) => replaced(octets, random, () => random.pick(telling)),
  (octets, _, random) => replaced(octets, random, octet => octet + random.pick([-1, 1])),
  (octets, _, random) => spliced(octets, random, 0, random.octets(1 + random.below(4))),
  (octets, _, random) => spliced(octets, random, 1 + random.below(4), Buffer.alloc(0)),
  (octets, _, random) => octets.subarray(0, random.below(octets.length + 1)),
  (octets, _, random) => Buffer.concat([octets, random.octets(1 + random.below(8))]),
  (octets, other, random) => spliced(octets, random, random.below(40), slice(other, random)),
  (octets, _, random) => spliced(octets, random, 0, slice(octets, random))
]

const changeOctets: ChangeOctets = (octets, other, random) => random.pick(octetChanges)(octets, other, random)

interface Place { readonly list: DerNode[], readonly index: number, readonly node: DerNode }
type ChangeTree = (place: Place, other: DerNode, random: SeededRandom) => void

const treeChanges: readonly ChangeTree[] = [
  ({ node }, _, random) => { node.tag = random.pick(oddTags) },
  ({ node }, _, random) => { node.tag ^= 1 << random.below(8) },
  ({ node }, _, random) => { setContent(node, replaced(contentOf(node), random, () => random.below(256))) },
  ({ node }, _, random) => { setContent(node, random.octets(random.below(40))) },
  ({ node }) => { setContent(node, Buffer.alloc(0)) },
  ({ list, index }) => { list.splice(index, 1) },
  ({ list, index, node }) => { list.splice(index, 0, copyOf(node)) },
  ({ list, index }, other) => { list.splice(index, 1, copyOf(other)) },
  ({ list, index }, other) => { list.splice(index, 0, copyOf(other)) },
  ({ list, index, node }, _, random) => { list.splice(index, 1, wrapped(node, random.pick([1, 2, 17, 300]), random.pick([0x30, 0x31, 0xa0]))) },
  ({ list, index, node }, _, random) => { list.splice(index, 0, ...Array.from({ length: random.pick([8, 64, 65, 500]) }, () => copyOf(node))) },
  ({ list, index }, _, random) => { list.push(...list.splice(index, 1 + random.below(2))) }
]

function changeTree (octets: Buffer, other: Buffer, random: SeededRandom): Buffer {
  const tree = readTree(octets)
  const places = tree === undefined ? [] : allPlaces(tree)
  const lent = allPlaces(readTree(other) ?? [])
  if (tree === undefined || places.length === 0 || lent.length === 0) return changeOctets(octets, other, random)
  random.pick(treeChanges)(random.pick(places), random.pick(lent).node, random)
  const written = writeTree(tree)
  return written.length <= maxOctets ? written : octets
}

const maxOctets = 256 * 1024 // beyond every limit that there is; more would only cost time

const copyOf = (node: DerNode): DerNode => ({ ...node, children: node.children?.map(copyOf) })

const contentOf = ({ children, content }: DerNode): Buffer => children === undefined ? content : writeTree(children)

function setContent (node: DerNode, content: Buffer): void {
  node.children = undefined
  node.content = content
}

function wrapped (node: DerNode, times: number, tag: number): DerNode {
  let outer = node
  for (let i = 0; i < times; i++) outer = { tag, children: [outer], content: Buffer.alloc(0) }
  return outer
}

function replaced (octets: Buffer, random: SeededRandom, change: (octet: number) => number): Buffer {
  const changed = Buffer.from(octets)
  const at = random.below(changed.length)
  if (changed.length > 0) changed[at] = change(changed[at] ?? 0) & 0xff
  return changed
}

function spliced (octets: Buffer, random: SeededRandom, removed: number, put: Buffer): Buffer {
  const at = random.below(octets.length + 1)
  return Buffer.concat([octets.subarray(0, at), put, octets.subarray(at + removed)])
}

function slice (octets: Buffer, random: SeededRandom): Buffer {
  const start = random.below(octets.length + 1)
  return octets.subarray(start, start + random.below(64))
}
