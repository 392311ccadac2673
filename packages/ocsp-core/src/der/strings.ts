import { contentOf, type DerElement } from './element.ts'
import { DerFault } from './fault.ts'

/** BOOLEAN: 00 or FF, one octet. */
export function readBoolean (element: DerElement): boolean {
  const content = contentOf(element)
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerFault('boolean neither 00 nor FF', element.offset)
  return content[0] === 0xff
}

/** A BIT STRING that holds octets, as keys and signatures do: no unused bits. */
export function readOctetsOfBitString (element: DerElement): Buffer {
  const content = contentOf(element)
  if (content[0] !== 0) throw new DerFault('bit string with unused bits', element.offset)
  return content.subarray(1)
}

/** The numbers of the bits that are set in a BIT STRING of named bits. */
export function readNamedBits (element: DerElement): ReadonlySet<number> {
  const content = contentOf(element)
  const unused = content[0]
  if (unused === undefined || unused > 7) throw new DerFault('odd bit string', element.offset)
  const bits = new Set<number>()
  for (let i = 0; i < (content.length - 1) * 8 - unused; i++) {
    if (((content[1 + (i >> 3)] ?? 0) & (0x80 >> (i & 7))) !== 0) bits.add(i)
  }
  return bits
}
