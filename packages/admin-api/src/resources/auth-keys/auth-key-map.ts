import type { StoredEntry } from '@clinch/store'
import { parseStored } from '../stored-object.ts'
import { authKeysOf, type AuthKey } from './unique-attributes.ts'

export interface AuthKeyLookup {
  /** Keys of the entries that hold it. */
  holdersOf (authKey: AuthKey): readonly string[] | Promise<readonly string[]>
}

/** Which entries of the store hold which authentication key. Those are kept as they are stored: encrypted, most of them. */
export class AuthKeyMap implements AuthKeyLookup {
  readonly #entriesByAuthKey = new Map<string, Set<string>>()
  readonly #authKeysByEntry = new Map<string, readonly string[]>()

  constructor (entries: ReadonlyArray<Pick<StoredEntry, 'key' | 'value'>>) {
    for (const { key, value } of entries) this.put(key, value)
  }

  put (key: string, value: string): void {
    this.delete(key)
    const authKeys = authKeysOf(parseStored(value)?.['plugins']).map(nameOf)
    if (authKeys.length > 0) this.#authKeysByEntry.set(key, authKeys)
    for (const authKey of authKeys) {
      const entries = this.#entriesByAuthKey.get(authKey) ?? new Set()
      this.#entriesByAuthKey.set(authKey, entries.add(key))
    }
  }

  delete (key: string): void {
    for (const authKey of this.#authKeysByEntry.get(key) ?? []) {
      const entries = this.#entriesByAuthKey.get(authKey)
      entries?.delete(key)
      if (entries?.size === 0) this.#entriesByAuthKey.delete(authKey)
    }
    this.#authKeysByEntry.delete(key)
  }

  holdersOf (authKey: AuthKey): readonly string[] {
    return [...this.#entriesByAuthKey.get(nameOf(authKey)) ?? []]
  }
}

function nameOf ({ plugin, text }: AuthKey): string {
  return `${plugin} ${text}`
}
