import type { AdminContext } from '../../context.ts'
import { AdminError, refusal } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { json, type Answer } from '../../responses/answer.ts'
import { checkConfiguration } from '../check-configuration.ts'
import { mergePatch } from '../merge-patch.ts'
import { keyOf } from '../place.ts'
import type { ResourceRequest } from '../resource-request.ts'
import { setMember } from '../set-member.ts'
import { fromStored, toStored } from '../stored-form.ts'
import { objectMissing, readStored } from '../stored-object.ts'
import { withTimestamps } from '../timestamps.ts'
import { swap } from '../write.ts'

/** PATCH: merges the body into an object, or with a sub-path sets one member of it. Whoever wrote in between wins. */
export async function patch (request: ResourceRequest, api: AdminContext): Promise<Answer> {
  const { kind, place, body } = request
  const { id } = place
  if (id === undefined) throw refusal(kind.naming.sentenceWhenMissing(kind.noun, 'PATCH'))
  if (body === undefined) throw refusal('missing new configuration')
  const change = readChange(request)

  const key = keyOf(api.prefix, kind, { ...place, id })
  const entry = await api.store.get(key)
  const stored = readStored(entry)
  if (entry === undefined || stored === undefined) throw objectMissing()
  const changed = kind.naming.name(change.apply(fromStored(key, stored, api)), place, kind.noun)
  const timed = { ...withTimestamps(changed, api.now(), changed), ...change.timestamps }
  const conf = await checkConfiguration(kind, timed, place, api)

  const value = toStored(kind, key, conf, api)
  const result = await swap(request, { id, key, value }, entry.modRevision, api)
  if (result.kind === 'changed') throw new AdminError('ADMIN_ERR_OBJECT_CHANGED', { error_msg: 'value changed before overwritten' })
  return json(200, { key, value })
}

interface Change {
  apply (stored: JsonObject): JsonObject
  /** `update_time`, when the body sets it. */
  readonly timestamps: JsonObject
}

function readChange ({ kind, subPath, body }: ResourceRequest): Change {
  if (kind.hasSubPaths && subPath.length > 0) return { apply: stored => setMember(stored, subPath, body), timestamps: {} }
  if (!isJsonObject(body)) throw refusal('invalid configuration')
  const fixed = kind.fixedMembers.find(member => Object.hasOwn(body, member))
  if (fixed !== undefined) throw refusal(`${fixed} can not be patched`)
  const { update_time: updateTime } = body
  return { apply: stored => mergePatch(stored, body), timestamps: updateTime === undefined || updateTime === null ? {} : { update_time: updateTime } }
}
