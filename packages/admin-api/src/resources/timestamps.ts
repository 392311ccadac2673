import { refusal } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'

const members = ['create_time', 'update_time'] as const

/** Both are the server's: PUT and POST may set neither, here or in an upstream, and no plugin may be named so. */
export function refuseTimestamps (conf: JsonObject): void {
  for (const [holder, path] of [[conf, ''], [conf['upstream'], 'upstream.'], [conf['plugins'], 'plugins.']] as const) {
    const sent = isJsonObject(holder) ? members.find(member => Object.hasOwn(holder, member)) : undefined
    if (sent !== undefined) throw refusal(`the property is forbidden:  ${path}${sent}`)
  }
}

/** @param createdFrom - the object that is replaced, whose `create_time` is kept if it has one */
export function withTimestamps (conf: JsonObject, nowMs: number, createdFrom: JsonObject = {}): JsonObject {
  const now = Math.floor(nowMs / 1000)
  return { ...conf, create_time: createdFrom['create_time'] ?? now, update_time: now }
}
