import { generateId } from '@clinch/store'
import type { AdminContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { json, type Answer } from '../../responses/answer.ts'
import { checkConfiguration, requireObject } from '../check-configuration.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { keyOf } from '../stored-object.ts'
import { refuseTimestamps, withTimestamps } from '../timestamps.ts'
import { write } from '../write.ts'

/** POST: creates an object under an id of the store's making. */
export async function post (request: ResourceRequest, api: AdminContext): Promise<Answer> {
  const { kind, body } = request
  if (body === undefined) throw refusal('missing configurations')
  const sent = requireObject(body, kind, api)
  if (request.id !== undefined || Object.hasOwn(sent, 'id')) throw refusal(`wrong ${kind.noun} id, do not need it`)
  refuseTimestamps(sent)
  const conf = await checkConfiguration(kind, sent, api)

  const id = await generateId(api.store, api.prefix)
  const key = keyOf(api.prefix, kind, id)
  const value = kind.atRest(withTimestamps({ ...conf, id }, api.now()), api.keyring)
  await write(request, { key, value }, api)
  return json(201, { key, value })
}
