import { contentOf, type DerElement } from './element.ts'
import { DerFault } from './fault.ts'

const maxOctets = 64

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid (element: DerElement): string {
  const content = contentOf(element)
  if (content.length === 0 || content.length > maxOctets) throw new DerFault('odd object identifier', element.offset)
  const arcs: bigint[] = []
  let arc = 0n
  let fresh = true
  for (const octet of content) {
    if (fresh && octet === 0x80) throw new DerFault('non-minimal object identifier', element.offset)
    arc = (arc << 7n) | BigInt(octet & 0x7f)
    fresh = (octet & 0x80) === 0
    if (!fresh) continue
    arcs.push(arc)
    arc = 0n
  }
  if (!fresh) throw new DerFault('object identifier cut off', element.offset)
  const [first = 0n, ...rest] = arcs
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n
  return [root, first - root * 40n, ...rest].join('.')
}

/** The content octets of a dotted OBJECT IDENTIFIER. */
export function oidContent (dotted: string): Buffer {
  const [root = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt)
  return Buffer.from([root * 40n + second, ...rest].flatMap(base128))
}

function base128 (arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)]
  for (let left = arc >> 7n; left > 0n; left >>= 7n) octets.unshift(Number(left & 0x7fn) | 0x80)
  return octets
}
