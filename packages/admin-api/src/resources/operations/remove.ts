import { StoreError } from '@clinch/store'
import type { AdminContext } from '../../context.ts'
import { AdminError, refusal } from '../../errors.ts'
import { json, type Answer } from '../../responses/answer.ts'
import { wipeOwned } from '../owned.ts'
import { keyOf } from '../place.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { refuseWhileInUse } from '../rules/in-use.ts'
import { objectMissing } from '../stored-object.ts'
import { logWrite } from '../write.ts'

/**
 * DELETE, with `force=true` also of what is in use. Whoever puts a member's name behind the id does not mean to delete
 * the whole object, so that is refused.
 */
export async function remove (request: ResourceRequest, api: AdminContext): Promise<Answer> {
  const { kind, place, subPath, query } = request
  const { id } = place
  if (id === undefined) throw refusal(kind.naming.sentenceWhenMissing(kind.noun, 'DELETE'))
  if (subPath.length > 0) throw new AdminError('ADMIN_ERR_NOT_FOUND', { error_msg: 'not found' })
  if (query.get('force') !== 'true') await refuseWhileInUse(kind.holders, id, api)

  const key = keyOf(api.prefix, kind, { ...place, id })
  await wipeOwned('before deletion', kind, key, api)
  const { previous, revision } = await api.store.delete(key)
  if (previous === undefined) throw objectMissing()
  logWrite(request, id, revision, api)
  await wipeRest(request, key, api)
  return json(200, { key, deleted: '1' })
}

// The object itself is gone; what cannot be emptied now is emptied when one of its id is created.
async function wipeRest ({ kind }: ResourceRequest, key: string, api: AdminContext): Promise<void> {
  try {
    await wipeOwned('after deletion', kind, key, api)
  } catch (err) {
    if (!(err instanceof StoreError)) throw err
    api.log.warn({ err, key }, 'owned resources not deleted')
  }
}
