import type { StoredEntry } from '@clinch/store'

/** The names under which an entry is looked up, out of its value as it is stored, which need not be valid. */
export type NamesOf = (value: string) => readonly string[]

export interface EntryLookup {
  /** Keys of the entries that have the name, or did a moment ago. */
  holdersOf (name: string): readonly string[] | Promise<readonly string[]>
}

/** Which entries of the store have which names. */
export class EntryMap implements EntryLookup {
  readonly #namesOf: NamesOf
  readonly #entriesByName = new Map<string, Set<string>>()
  readonly #namesByEntry = new Map<string, readonly string[]>()

  constructor (namesOf: NamesOf, entries: ReadonlyArray<Pick<StoredEntry, 'key' | 'value'>>) {
    this.#namesOf = namesOf
    for (const { key, value } of entries) this.put(key, value)
  }

  put (key: string, value: string): void {
    this.delete(key)
    const names = this.#namesOf(value)
    if (names.length > 0) this.#namesByEntry.set(key, names)
    for (const name of names) {
      const entries = this.#entriesByName.get(name) ?? new Set()
      this.#entriesByName.set(name, entries.add(key))
    }
  }

  delete (key: string): void {
    for (const name of this.#namesByEntry.get(key) ?? []) {
      const entries = this.#entriesByName.get(name)
      entries?.delete(key)
      if (entries?.size === 0) this.#entriesByName.delete(name)
    }
    this.#namesByEntry.delete(key)
  }

  holdersOf (name: string): readonly string[] {
    return [...this.#entriesByName.get(name) ?? []]
  }
}
