import { isJsonObject, type JsonObject } from '../json.ts'

/**
 * Merges a PATCH of a whole object into the stored one. `null` removes a member; objects that both have members merge;
 * everything else, arrays and `{}` among it, replaces what was there.
 *
 * Neither argument is changed, and a member named `__proto__` is a member like any other.
 */
export function mergePatch (stored: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(stored))
  for (const [name, value] of Object.entries(patch)) {
    const old = merged.get(name)
    if (value === null) merged.delete(name)
    else merged.set(name, hasMembers(old) && hasMembers(value) ? mergePatch(old, value) : value)
  }
  return Object.fromEntries(merged)
}

function hasMembers (value: unknown): value is JsonObject {
  return isJsonObject(value) && Object.keys(value).length > 0
}
