import type { AdminContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { json, type Answer } from '../../responses/answer.ts'
import { checkConfiguration, requireObject } from '../check-configuration.ts'
import { refuseOtherId } from '../object-id.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { keyOf, readStored } from '../stored-object.ts'
import { refuseTimestamps, withTimestamps } from '../timestamps.ts'
import { write } from '../write.ts'

/** PUT: creates an object or replaces it as a whole, whatever it is by now. */
export async function put (request: ResourceRequest, api: AdminContext): Promise<Answer> {
  const { kind, body } = request
  if (body === undefined) throw refusal('missing configurations')
  const sent = requireObject(body, kind, api)
  const id = request.id ?? sent['id']
  if (id === undefined) throw refusal(`missing ${kind.noun} id`)
  refuseOtherId(kind, id, sent)
  refuseTimestamps(sent)
  const conf = await checkConfiguration(kind, { ...sent, id }, api)

  const key = keyOf(api.prefix, kind, id)
  const replaced = readStored(await api.store.get(key))
  const value = kind.atRest(withTimestamps(conf, api.now(), replaced), api.keyring)
  const { previous } = await write(request, { key, value }, api)
  return json(previous === undefined ? 201 : 200, { key, value })
}
