import { contentOf, type DerElement } from './element.ts'
import { DerFault } from './fault.ts'

/** Content octets of an INTEGER or ENUMERATED, refused if longer than they need be. [X.690 8.3.2] */
export function readInteger (element: DerElement): Buffer {
  const content = contentOf(element)
  if (content.length === 0) throw new DerFault('empty integer', element.offset)
  if (minimal(content).length !== content.length) throw new DerFault('non-minimal integer', element.offset)
  return content
}

/** The value of a small non-negative INTEGER or ENUMERATED; anything above 65 535 comes back as 65 536. */
export function readSmallInteger (element: DerElement): number {
  const content = readInteger(element)
  if (((content[0] ?? 0) & 0x80) !== 0) throw new DerFault('negative integer', element.offset)
  return content.length > 3 ? 65_536 : Math.min(content.readUIntBE(0, content.length), 65_536)
}

/** How many bits a positive INTEGER has. */
export function readPositiveBits (element: DerElement): number {
  const content = readInteger(element)
  const first = content[0] ?? 0
  if ((first & 0x80) !== 0) throw new DerFault('negative integer', element.offset)
  return first === 0 ? (content.length - 1) * 8 : content.length * 8 - (Math.clz32(first) - 24)
}

/** Whether two INTEGER contents are the same number, whatever sign octets they carry. */
export function sameInteger (a: Buffer, b: Buffer): boolean {
  return minimal(a).equals(minimal(b))
}

/** The content octets without those that say nothing. A view, not a copy. */
export function minimal (content: Buffer): Buffer {
  let start = 0
  while (start + 1 < content.length && isSpare(content, start)) start++
  return content.subarray(start)
}

/** Whether the octet at `at` only repeats the sign that the next one has. */
export const isSpare = (octets: Buffer, at: number): boolean => octets[at] === (((octets[at + 1] ?? 0) & 0x80) !== 0 ? 0xff : 0x00)
