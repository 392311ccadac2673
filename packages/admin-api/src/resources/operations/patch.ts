import type { AdminContext } from '../../context.ts'
import { AdminError, refusal } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { json, type Answer } from '../../responses/answer.ts'
import { checkConfiguration } from '../check-configuration.ts'
import { mergePatch } from '../merge-patch.ts'
import { refuseOtherId } from '../object-id.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { setMember } from '../set-member.ts'
import { keyOf, objectMissing, readStored } from '../stored-object.ts'
import { withTimestamps } from '../timestamps.ts'
import { swap } from '../write.ts'

/**
 * PATCH: merges the body into an object, or with a sub-path sets one member of it. Secrets that the body does not
 * touch stay encrypted throughout. Whoever wrote in between wins.
 */
export async function patch (request: ResourceRequest, api: AdminContext): Promise<Answer> {
  const { kind, id, body } = request
  if (id === undefined) throw refusal(`missing ${kind.noun} id`)
  if (body === undefined) throw refusal('missing new configuration')
  const change = readChange(request)

  const key = keyOf(api.prefix, kind, id)
  const entry = await api.store.get(key)
  const stored = readStored(entry)
  if (entry === undefined || stored === undefined) throw objectMissing()
  const changed = change.apply(stored)
  refuseOtherId(kind, id, changed)
  const timed = { ...withTimestamps(changed, api.now(), changed), ...change.timestamps }
  const conf = await checkConfiguration(kind, { ...timed, id }, api)

  const value = kind.atRest(conf, api.keyring)
  const result = await swap(request, { key, value }, entry.modRevision, api)
  if (result.kind === 'changed') throw new AdminError('ADMIN_ERR_OBJECT_CHANGED', { error_msg: 'value changed before overwritten' })
  return json(200, { key, value })
}

interface Change {
  apply (stored: JsonObject): JsonObject
  /** `update_time`, when the body sets it. */
  readonly timestamps: JsonObject
}

function readChange ({ subPath, body }: ResourceRequest): Change {
  if (subPath.length > 0) return { apply: stored => setMember(stored, subPath, body), timestamps: {} }
  if (!isJsonObject(body)) throw refusal('invalid configuration')
  const { update_time: updateTime } = body
  return { apply: stored => mergePatch(stored, body), timestamps: updateTime === undefined || updateTime === null ? {} : { update_time: updateTime } }
}
