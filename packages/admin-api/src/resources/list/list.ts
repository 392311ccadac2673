import type { StoredEntry } from '@clinch/store'
import type { AdminContext } from '../../context.ts'
import type { JsonObject } from '../../json.ts'
import { json, text, type Answer } from '../../responses/answer.ts'
import type { ResourceKind } from '../resource-kind.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { readStored } from '../stored-object.ts'
import { filterObjects } from './filters.ts'
import { pageOf, readPage } from './paging.ts'

export interface ListedObject {
  readonly entry: StoredEntry
  readonly value: JsonObject
}

/** GET of a collection: filtered, and paged when both `page` and `page_size` ask for it. `total` counts before paging. */
export async function list ({ kind, query }: ResourceRequest, { store, prefix }: AdminContext): Promise<Answer> {
  const page = readPage(query)
  if (page.kind === 'refused') return text(400, page.reason)
  const found = filterObjects(await readCollection(kind), kind, query)
  const shown = page.kind === 'all' ? found : pageOf(found, page)
  return json(200, { total: found.length, list: shown.map(object => describe(object, kind)) })

  async function readCollection ({ collection }: ResourceKind): Promise<ListedObject[]> {
    const folder = `${prefix}/${collection}/`
    const { entries } = await store.list(folder)
    return entries.flatMap(entry => {
      const value = readStored(entry)
      const isBelow = entry.key.includes('/', folder.length) // what belongs to an object of the collection
      return value === undefined || isBelow ? [] : [{ entry, value }]
    })
  }
}

function describe ({ entry, value }: ListedObject, kind: ResourceKind): JsonObject {
  return { key: entry.key, value: kind.view(value), createdIndex: entry.createRevision, modifiedIndex: entry.modRevision }
}
