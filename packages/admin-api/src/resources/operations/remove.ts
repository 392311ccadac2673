import type { AdminContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { json, type Answer } from '../../responses/answer.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { keyOf, objectMissing } from '../stored-object.ts'
import { logWrite } from '../write.ts'

/** DELETE */
export async function remove (request: ResourceRequest, api: AdminContext): Promise<Answer> {
  const { kind, id } = request
  if (id === undefined) throw refusal(`missing ${kind.noun} id`)
  const key = keyOf(api.prefix, kind, id)
  const { previous, revision } = await api.store.delete(key)
  if (previous === undefined) throw objectMissing()
  logWrite(request, id, revision, api)
  return json(200, { key, deleted: '1' })
}
