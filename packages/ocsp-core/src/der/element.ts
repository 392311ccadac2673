import { DerFault } from './fault.ts'

/** One tag, length, value. Offsets count from the start of `octets`. */
export interface DerElement {
  readonly octets: Buffer
  readonly tag: number
  readonly offset: number
  readonly contentOffset: number
  readonly end: number
}

/** The value alone. A view, not a copy. */
export function contentOf (element: DerElement): Buffer {
  return element.octets.subarray(element.contentOffset, element.end)
}

/** Tag, length and value as they stand. A view, not a copy. */
export function derOf (element: DerElement): Buffer {
  return element.octets.subarray(element.offset, element.end)
}

/** Reads the header at `offset` and refuses what DER refuses: indefinite, non-minimal and overlong lengths. */
export function readElement (octets: Buffer, offset: number, limit: number): DerElement {
  const end = endOfElement(octets, offset, limit)
  return { octets, tag: octetAt(octets, offset, limit), offset, contentOffset: contentOffsetOf(octets, offset), end }
}

/** Where the element at `offset` ends: the checks of `readElement` without its result, for who only walks along. */
export function endOfElement (octets: Buffer, offset: number, limit: number): number {
  const tag = octetAt(octets, offset, limit)
  if ((tag & 0x1f) === 0x1f) throw new DerFault('multi-octet tag', offset)
  const first = octetAt(octets, offset + 1, limit)
  const size = first < 0x80 ? 0 : first & 0x7f
  const length = size === 0 ? shortLength(first, offset) : longLength(octets, offset, size, limit)
  const end = offset + 2 + size + length
  if (end > limit) throw new DerFault('length past the end', offset + 1)
  return end
}

/** Where the value begins, of an element whose header is known to be sound. */
export function contentOffsetOf (octets: Buffer, offset: number): number {
  const first = octets[offset + 1] ?? 0
  return offset + 2 + (first < 0x80 ? 0 : first & 0x7f)
}

function shortLength (first: number, offset: number): number {
  if (first === 0x80) throw new DerFault('indefinite length', offset + 1)
  return first
}

function longLength (octets: Buffer, offset: number, size: number, limit: number): number {
  if (size > 4) throw new DerFault('length of more than four octets', offset + 1)
  let length = 0
  for (let i = 0; i < size; i++) length = length * 256 + octetAt(octets, offset + 2 + i, limit)
  if (length < 0x80 || length < 256 ** (size - 1)) throw new DerFault('non-minimal length', offset + 1)
  return length
}

function octetAt (octets: Buffer, offset: number, limit: number): number {
  const octet = offset < limit ? octets[offset] : undefined
  if (octet === undefined) throw new DerFault('cut off', offset)
  return octet
}
