import type { DocumentEntry, StoredEntry } from '@clinch/store'
import type { CheckContext } from '../context.ts'

type Reader = CheckContext['store']

/** What a check sees of the configuration: the objects of a document, over those of a store if there is one. */
export function createDocumentView (entries: readonly DocumentEntry[], { store, prefix }: { readonly store: Reader | undefined, readonly prefix: string }): Reader {
  const own = new Map<string, StoredEntry>(entries.map(({ key, value }) => [prefix + key, { key: prefix + key, value, createRevision: 0, modRevision: 0 }]))
  return {
    get: async key => own.get(key) ?? await store?.get(key),
    list: async start => {
      const below = await store?.list(start)
      const kept = (below?.entries ?? []).filter(({ key }) => !own.has(key))
      return { entries: [...kept, ...[...own.values()].filter(({ key }) => key.startsWith(start))], revision: below?.revision ?? 0 }
    }
  }
}
