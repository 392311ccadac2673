import type { AdminContext } from '../../context.ts'
import type { JsonObject } from '../../json.ts'
import { json, text, type Answer } from '../../responses/answer.ts'
import { readCollection, type ListedObject } from '../collection.ts'
import { depthBelow, folderOf } from '../place.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { toShown } from '../stored-form.ts'
import { objectMissing } from '../stored-object.ts'
import { filterObjects } from './filters.ts'
import { pageOf, readPage } from './paging.ts'

/** GET of a collection: filtered, and paged when both `page` and `page_size` ask for it. `total` counts before paging. */
export async function list ({ kind, place, query }: ResourceRequest, api: AdminContext): Promise<Answer> {
  const page = readPage(query)
  if (page.kind === 'refused') return text(400, page.reason)
  const objects = await readCollection(api, folderOf(kind, place), depthBelow(kind, place))
  if (objects.length === 0 && kind.isMissingWhenEmpty) throw objectMissing()
  const found = filterObjects(objects, kind, query)
  const shown = page.kind === 'all' ? found : pageOf(found, page)
  return json(200, { total: found.length, list: shown.map(show) })

  function show ({ entry, value }: ListedObject): JsonObject {
    return { key: entry.key, value: toShown(kind, entry.key, value, api), createdIndex: entry.createRevision, modifiedIndex: entry.modRevision }
  }
}
