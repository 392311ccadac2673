import { contentOf, type DerElement } from './element.ts'
import { DerFault } from './fault.ts'

const maxOctets = 64

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid (element: DerElement): string {
  const content = contentOf(element)
  if (content.length === 0 || content.length > maxOctets) throw new DerFault('odd object identifier', element.offset)
  if (((content.at(-1) ?? 0) & 0x80) !== 0) throw new DerFault('object identifier cut off', element.offset)
  let dotted = ''
  let start = 0
  for (let at = 0; at < content.length; at++) {
    const octet = content[at] ?? 0
    if (at === start && octet === 0x80) throw new DerFault('non-minimal object identifier', element.offset)
    if ((octet & 0x80) !== 0) continue
    const arc = readArc(content, start, at)
    dotted += start === 0 ? firstArcs(arc) : `.${arc}`
    start = at + 1
  }
  return dotted
}

// Most arcs fit a number; those of 2.25 hold a UUID.
function readArc (content: Buffer, start: number, end: number): number | bigint {
  if (end - start >= 7) return content.subarray(start, end + 1).reduce((arc, octet) => (arc << 7n) | BigInt(octet & 0x7f), 0n)
  let arc = 0
  for (let at = start; at <= end; at++) arc = arc * 128 + ((content[at] ?? 0) & 0x7f)
  return arc
}

// The first octets hold two arcs in one. [X.690 8.19.4]
function firstArcs (both: number | bigint): string {
  if (both < 80) return both < 40 ? `0.${both}` : `1.${Number(both) - 40}`
  return `2.${typeof both === 'bigint' ? both - 80n : both - 80}`
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
