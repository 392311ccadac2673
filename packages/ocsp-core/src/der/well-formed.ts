import { contentOffsetOf, endOfElement } from './element.ts'
import { DerFault } from './fault.ts'

const maxDepth = 16

/**
 * Walks every element once, without recursion, so that what follows may trust lengths and nesting. Refuses octets
 * behind the outermost element and nesting deeper than 16.
 */
export function checkWellFormed (octets: Buffer, start = 0, end = octets.length): void {
  const ends: number[] = []
  let limit = end
  let offset = start
  do {
    const elementEnd = endOfElement(octets, offset, limit)
    const contentOffset = contentOffsetOf(octets, offset)
    const constructed = ((octets[offset] ?? 0) & 0x20) !== 0
    if (constructed && elementEnd > contentOffset) {
      if (ends.length >= maxDepth) throw new DerFault('nested too deeply', offset)
      ends.push(limit)
      limit = elementEnd
      offset = contentOffset
    } else {
      offset = elementEnd
      while (offset === limit && ends.length > 0) limit = ends.pop() ?? limit
    }
  } while (ends.length > 0)
  if (offset !== end) throw new DerFault('octets behind the structure', offset)
}
