import type { ListedObject } from '../collection.ts'

export type Page =
  | { readonly kind: 'all' }
  | { readonly kind: 'page', readonly number: number, readonly size: number }
  | { readonly kind: 'refused', readonly reason: string }

const smallestSize = 10
const largestSize = 500

/** Both arguments must be numbers, or the list is not paged. */
export function readPage (query: URLSearchParams): Page {
  const number = readNumber(query.get('page'))
  const size = readNumber(query.get('page_size'))
  if (number === undefined || size === undefined) return { kind: 'all' }
  if (size < smallestSize || size > largestSize) return { kind: 'refused', reason: `page_size must be between ${smallestSize} and ${largestSize}` }
  return { kind: 'page', number: Math.max(1, Math.floor(number)), size: Math.floor(size) }
}

/** Pages go by the order of creation, so that a page stays what it was while objects are added. */
export function pageOf (objects: readonly ListedObject[], { number, size }: Page & { kind: 'page' }): readonly ListedObject[] {
  const start = (number - 1) * size
  return objects.toSorted((a, b) => a.entry.createRevision - b.entry.createRevision).slice(start, start + size)
}

function readNumber (text: string | null): number | undefined {
  if (text === null || text.trim() === '') return undefined
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}
