import { refusal } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'

// As deep as a body may be nested: together they bound the depth of what is stored.
const maxDepth = 1000

/**
 * Sets one member of the stored object, `a.b.c` for the path `['a', 'b', 'c']`, and gives the result. Objects that are
 * missing on the way are made; `null` is set as it is.
 *
 * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID when something else than an object is on the way, or the way is too long
 */
export function setMember (stored: JsonObject, path: readonly string[], value: unknown): JsonObject {
  if (path.length > maxDepth) throw refusal(`invalid sub-path: deeper than ${maxDepth}`)
  return setBelow(stored, path, 0, value)
}

function setBelow (holder: JsonObject, path: readonly string[], at: number, value: unknown): JsonObject {
  const name = path[at] ?? ''
  const members = new Map(Object.entries(holder))
  members.set(name, at === path.length - 1 ? value : setBelow(holderAt(members.get(name), path, at), path, at + 1, value))
  return Object.fromEntries(members)
}

function holderAt (value: unknown, path: readonly string[], at: number): JsonObject {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return {}
  if (!isJsonObject(value)) throw refusal(`invalid sub-path: /${path.slice(0, at + 1).join('/')}`)
  return value
}
