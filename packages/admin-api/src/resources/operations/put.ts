import type { AdminContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { json, type Answer } from '../../responses/answer.ts'
import { checkConfiguration, requireObject } from '../check-configuration.ts'
import { wipeOwned } from '../owned.ts'
import { keyOf } from '../place.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { toStored } from '../stored-form.ts'
import { readStored } from '../stored-object.ts'
import { refuseTimestamps, withTimestamps } from '../timestamps.ts'
import { swap, write } from '../write.ts'

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
  const valueAfter = (replaced: JsonObject | undefined): JsonObject =>
    toStored(kind, key, kind.isTimed ? withTimestamps(conf, api.now(), replaced) : conf, api)

  const known = api.lastKnown?.(key)
  if (known !== undefined) {
    const value = valueAfter(readStored(known))
    const result = await swap(request, { id, key, value }, known.modRevision, api)
    if (result.kind === 'swapped') return json(200, { key, value })
  }
  // not known, or no longer what was known: its creation time is read first
  const replaced = readStored(await api.store.get(key))
  if (replaced === undefined) await wipeOwned('before creation', kind, key, api)
  const value = valueAfter(replaced)
  const { previous } = await write(request, { id, key, value }, api)
  return json(previous === undefined ? 201 : 200, { key, value })
}
