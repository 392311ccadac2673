import { isJsonObject, type JsonObject } from '../json.ts'
import { idAt, isCredential, labelOf } from './item-entry.ts'

/** The items that take a place which an earlier one has, by index, with the sentence. An item without an id never does. */
export function findDuplicates (collection: string, items: readonly unknown[]): ReadonlyMap<number, string> {
  const taken = new Set<string>()
  const duplicates = new Map<number, string>()
  if (collection === 'plugins') return duplicates
  for (const [index, item] of items.entries()) {
    if (!isJsonObject(item) || labelOf(item) === '') continue
    const id = idAt(collection, item, index)
    if (taken.has(id)) duplicates.set(index, `found duplicate ${identifierOf(collection, item)} in ${collection}`)
    taken.add(id)
  }
  return duplicates
}

function identifierOf (collection: string, item: JsonObject): string {
  if (collection !== 'consumers') return `id ${labelOf(item)}`
  return isCredential(collection, item) ? `credential id ${labelOf(item)}` : `username ${String(item['username'] ?? item['id'])}`
}
