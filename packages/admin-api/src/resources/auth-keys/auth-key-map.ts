import type { StoredEntry } from '@clinch/store'
import { readStored } from '../stored-object.ts'
import { authKeysOf, type AuthKey } from './unique-attributes.ts'

export interface AuthKeyLookup {
  /** Keys of the entries that hold it. */
  holdersOf (authKey: AuthKey): readonly string[] | Promise<readonly string[]>
}

type Held = Pick<StoredEntry, 'key' | 'value' | 'modRevision'>

/** Which entries of the store hold which authentication key. Keys are kept as they are stored: encrypted, most of them. */
export class AuthKeyMap implements AuthKeyLookup {
  readonly #entriesByAuthKey = new Map<string, Set<string>>()
  readonly #held = new Map<string, { readonly authKeys: readonly string[], readonly modRevision: number }>()

  /** Of a list that is all that there is. */
  static of (entries: readonly Held[]): AuthKeyMap {
    const map = new AuthKeyMap()
    for (const entry of entries) map.put(entry)
    return map
  }

  /** Takes an entry, unless a newer one of its key was taken before. */
  put ({ key, value, modRevision }: Held): void {
    if ((this.#held.get(key)?.modRevision ?? -1) >= modRevision) return
    this.delete(key)
    const authKeys = authKeysOf(readStored({ key, value, modRevision, createRevision: modRevision })?.['plugins']).map(nameOf)
    this.#held.set(key, { authKeys, modRevision })
    for (const authKey of authKeys) {
      const entries = this.#entriesByAuthKey.get(authKey) ?? new Set()
      this.#entriesByAuthKey.set(authKey, entries.add(key))
    }
  }

  delete (key: string): void {
    for (const authKey of this.#held.get(key)?.authKeys ?? []) {
      const entries = this.#entriesByAuthKey.get(authKey)
      entries?.delete(key)
      if (entries?.size === 0) this.#entriesByAuthKey.delete(authKey)
    }
    this.#held.delete(key)
  }

  holdersOf (authKey: AuthKey): readonly string[] {
    return [...this.#entriesByAuthKey.get(nameOf(authKey)) ?? []]
  }
}

function nameOf ({ plugin, text }: AuthKey): string {
  return `${plugin} ${text}`
}
