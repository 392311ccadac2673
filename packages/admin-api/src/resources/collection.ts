import type { StoredEntry } from '@clinch/store'
import type { CheckContext } from '../context.ts'
import type { JsonObject } from '../json.ts'
import { readStored } from './stored-object.ts'

export interface ListedObject {
  /** What its key has below the folder. */
  readonly id: string
  readonly entry: StoredEntry
  readonly value: JsonObject
}

/**
 * The objects of a folder, in one read. Placeholders, and what is no object, are left out, and so is what lies deeper or
 * less deep: that belongs to an object of the folder, not to the folder.
 *
 * @param folder - below the prefix, without slashes at its ends
 * @param depth - how many segments the keys have below the folder
 */
export async function readCollection ({ store, prefix }: Pick<CheckContext, 'store' | 'prefix'>, folder: string, depth = 1): Promise<ListedObject[]> {
  const start = `${prefix}/${folder}/`
  const { entries } = await store.list(start)
  return entries.flatMap(entry => {
    const id = entry.key.slice(start.length)
    const value = id.split('/').length === depth ? readStored(entry) : undefined
    return value === undefined ? [] : [{ id, entry, value }]
  })
}
