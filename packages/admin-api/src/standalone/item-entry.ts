import type { DocumentEntry } from '@clinch/store'
import type { JsonObject } from '../json.ts'

const credentialId = /^[^/]+\/credentials\/([^/]+)$/

/** An item of a document as the store has it: ids are text, a missing one is `arr_{n}`, a credential is below its consumer. */
export function entryOf (collection: string, item: JsonObject, index: number): DocumentEntry {
  const { modifiedIndex, ...object } = item
  const id = idAt(collection, item, index)
  return { key: `/${collection}/${id}`, value: JSON.stringify(valueOf(collection, object, id)) }
}

/** What follows the collection in an item's key. */
export function idAt (collection: string, item: JsonObject, index: number): string {
  return isCredential(collection, item) ? String(item['id']) : idOf(collection, item) ?? `arr_${index + 1}`
}

/** Does an item of `consumers` hold a credential of one? */
export function isCredential (collection: string, item: JsonObject): boolean {
  return collection === 'consumers' && credentialId.test(String(item['id']))
}

/** What an item is called in messages: its `id`, else its `username`, else nothing. */
export function labelOf (item: JsonObject): string {
  const label = item['id'] ?? item['username']
  return typeof label === 'string' || typeof label === 'number' ? String(label) : ''
}

/** A consumer is known by its name, as everywhere else. */
function idOf (collection: string, item: JsonObject): string | undefined {
  const id = collection === 'consumers' ? item['username'] ?? item['id'] : item['id']
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined
}

function valueOf (collection: string, object: JsonObject, id: string): JsonObject {
  if (collection !== 'consumers') return { ...object, id }
  const [, ownId] = credentialId.exec(id) ?? []
  const { id: _replaced, ...consumer } = object
  return ownId === undefined ? consumer : { ...object, id: ownId }
}
