import type { AdminContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { json, type Answer } from '../../responses/answer.ts'
import { checkConfiguration, requireObject } from '../check-configuration.ts'
import { wipeOwned } from '../owned.ts'
import { keyOf } from '../place.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { toStored } from '../stored-form.ts'
import { readStored } from '../stored-object.ts'
import { refuseTimestamps, withTimestamps } from '../timestamps.ts'
import { write } from '../write.ts'

/** PUT: creates an object or replaces it as a whole, whatever it is by now. */
export async function put (request: ResourceRequest, api: AdminContext): Promise<Answer> {
  const { kind, place, body } = request
  if (body === undefined) throw refusal('missing configurations')
  const sent = kind.naming.name(kind.placed(requireObject(body), place), place, kind.noun)
  if (kind.isTimed) refuseTimestamps(sent)
  const conf = await checkConfiguration(kind, sent, place, api)
  await kind.requireOwner(place, api)

  const id = kind.naming.idOf(conf, place)
  const key = keyOf(api.prefix, kind, { ...place, id })
  const replaced = readStored(await api.store.get(key))
  if (replaced === undefined) await wipeOwned('before creation', kind, key, api)
  const timed = kind.isTimed ? withTimestamps(conf, api.now(), replaced) : conf
  const value = toStored(kind, key, timed, api)
  const { previous } = await write(request, { id, key, value }, api)
  return json(previous === undefined ? 201 : 200, { key, value })
}
