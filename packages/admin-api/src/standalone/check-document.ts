import { setImmediate } from 'node:timers/promises'
import type { DocumentEntry } from '@clinch/store'
import { isJsonObject, type JsonObject } from '../json.ts'
import { authKeyNamesOf } from '../resources/auth-keys/unique-attributes.ts'
import { EntryMap } from '../resources/entry-index/entry-map.ts'
import { groupNamesOf } from '../resources/groups/group-names.ts'
import { judgeItem, type ItemContext } from './check-item.ts'
import { createDocumentView } from './document-view.ts'
import { findDuplicates } from './find-duplicates.ts'
import { entryOf, labelOf } from './item-entry.ts'
import { listedPlugins } from './listed-plugins.ts'
import { collections, itemsOf, sectionOf, unknownMembersOf } from './sections.ts'

export type DocumentFault =
  | { readonly kind: 'section', readonly collection: string, readonly reason: string }
  | { readonly kind: 'item' | 'duplicate', readonly collection: string, readonly index: number, readonly label: string, readonly reason: string }

export interface CheckedDocument {
  /** In the order of the document. An item has one fault of its own at most, and beside it that it is a duplicate. */
  readonly faults: readonly DocumentFault[]
  /** The objects without a fault. */
  readonly entries: readonly DocumentEntry[]
  /** The names on the list `plugins`; undefined when the document has none. */
  readonly plugins: readonly string[] | undefined
}

/** After so many objects others get a turn: a document may hold 100,000. */
const objectsInATurn = 200

export interface DocumentCheck extends Omit<ItemContext, 'store' | 'references' | 'authKeys' | 'groups'> {
  /** What stands around the document; undefined: it is all that there is. */
  readonly store: ItemContext['store'] | undefined
  /** The collections to look at; what the others hold is taken as it is. */
  readonly checked?: ReadonlySet<string>
}

/**
 * Checks a configuration that comes as a whole, `{ "routes": [{…}], … }`: each object by itself as the Admin API would,
 * and that no two have one id. What objects refer to need not be there, certificates excepted (admin-api.md 2.8).
 */
export async function checkDocument (document: JsonObject, check: DocumentCheck): Promise<CheckedDocument> {
  const faults: DocumentFault[] = unknownMembersOf(document).map(collection => ({ kind: 'section', collection, reason: 'unknown resource type' }))
  const good: DocumentEntry[] = []
  const entries = new Map(collections.map(collection => [collection, entriesIn(document, collection)]))
  const context = contextOf([...entries.values()].flat(), check)
  for (const collection of collections) {
    const section = sectionOf(document, collection)
    if (section.kind === 'wrong') faults.push({ kind: 'section', collection, reason: section.reason })
    if (section.kind !== 'items') continue
    const isChecked = check.checked?.has(collection) ?? true
    const duplicates = findDuplicates(collection, section.items)
    for (const [index, item] of section.items.entries()) {
      if (index % objectsInATurn === objectsInATurn - 1) await setImmediate()
      const label = isJsonObject(item) ? labelOf(item) : ''
      const reason = isChecked ? await judgeItem(collection, item, context) : undefined
      const duplicate = duplicates.get(index)
      const entry = entries.get(collection)?.[index]
      if (reason !== undefined) faults.push({ kind: 'item', collection, index, label, reason })
      if (duplicate !== undefined) faults.push({ kind: 'duplicate', collection, index, label, reason: duplicate })
      if (reason === undefined && duplicate === undefined && entry !== undefined) good.push(entry)
    }
  }
  return { faults, entries: good, plugins: listedPlugins(document) }
}

/** The entry of each item; undefined where there is none, as there is for no item of the list `plugins`. */
function entriesIn (document: JsonObject, collection: string): Array<DocumentEntry | undefined> {
  return itemsOf(document, collection).map((item, index) => isJsonObject(item) && collection !== 'plugins' ? entryOf(collection, item, index) : undefined)
}

function contextOf (entries: ReadonlyArray<DocumentEntry | undefined>, check: DocumentCheck): ItemContext {
  const all = entries.filter(entry => entry !== undefined)
  const catalog = check.plugins() // the same for all, whatever is reloaded meanwhile
  const placed = all.map(({ key, value }) => ({ key: check.prefix + key, value }))
  const authKeys = new EntryMap(authKeyNamesOf, placed.filter(({ key }) => key.startsWith(`${check.prefix}/consumers/`)))
  const groups = new EntryMap(groupNamesOf, placed)
  return { ...check, plugins: () => catalog, store: createDocumentView(all, check), authKeys, groups, references: 'unchecked' }
}
