import type { AdminContext } from '../../context.ts'
import { json, type Answer } from '../../responses/answer.ts'
import { list } from '../list/list.ts'
import { keyOf } from '../place.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { toShown } from '../stored-form.ts'
import { objectMissing, readStored } from '../stored-object.ts'

/** GET: one object, or the list of its kind. */
export async function read (request: ResourceRequest, api: AdminContext): Promise<Answer> {
  const { kind, place } = request
  const { id } = place
  if (id === undefined) return await list(request, api)
  const key = keyOf(api.prefix, kind, { ...place, id })
  const entry = await api.store.get(key)
  const stored = readStored(entry)
  if (entry === undefined || stored === undefined) throw objectMissing()
  return json(200, { key, value: toShown(kind, key, stored, api), createdIndex: entry.createRevision, modifiedIndex: entry.modRevision })
}
