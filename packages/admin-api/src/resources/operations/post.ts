import { generateId } from '@clinch/store'
import type { AdminContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { json, type Answer } from '../../responses/answer.ts'
import { checkConfiguration, requireObject } from '../check-configuration.ts'
import { keyOf } from '../place.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { toStored } from '../stored-form.ts'
import { refuseTimestamps, withTimestamps } from '../timestamps.ts'
import { write } from '../write.ts'

/** POST: creates an object under an id of the store's making. */
export async function post (request: ResourceRequest, api: AdminContext): Promise<Answer> {
  const { kind, place, body } = request
  if (body === undefined) throw refusal('missing configurations')
  const sent = requireObject(body)
  if (place.id !== undefined || Object.hasOwn(sent, 'id')) throw refusal(`wrong ${kind.noun} id, do not need it`)
  refuseTimestamps(sent)
  const conf = await checkConfiguration(kind, kind.placed(sent, place), place, api)
  await kind.requireOwner(place, api)

  const id = await generateId(api.store, api.prefix)
  const key = keyOf(api.prefix, kind, { ...place, id })
  const value = toStored(kind, key, withTimestamps({ ...conf, id }, api.now()), api)
  await write(request, { id, key, value }, api)
  return json(201, { key, value })
}
