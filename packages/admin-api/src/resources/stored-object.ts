import type { StoredEntry } from '@clinch/store'
import { AdminError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'

/** The object in an entry; undefined when there is no entry or no object in it, as in a placeholder. */
export function readStored (entry: StoredEntry | undefined): JsonObject | undefined {
  return entry === undefined ? undefined : parseStored(entry.value)
}

export function parseStored (text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** `message`, and not `error_msg` as in every other failure: clients know a missing object by it. */
export function objectMissing (): AdminError {
  return new AdminError('ADMIN_ERR_OBJECT_MISSING', { message: 'Key not found' })
}
