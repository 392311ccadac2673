import { refusal } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { idAt } from './item-entry.ts'
import { collections, itemsOf, markMembers, sectionOf, versionMemberOf } from './sections.ts'

export interface Mark {
  /** The client's, compared with its next one and not looked into. */
  readonly digest: string
  /** Unix time in whole seconds. */
  readonly lastModified: number
}

export interface NextConfiguration {
  /** The whole of it: versions, and lists that are not empty. */
  readonly document: JsonObject
  /** The collections whose lists the client sent; the others stay as they are. */
  readonly replaced: ReadonlySet<string>
}

/** The configuration that the standalone Admin API was last given: a version and a list for each collection. */
export class StandaloneConfiguration {
  #document: JsonObject = Object.fromEntries(collections.map(collection => [versionMemberOf(collection), 0]))
  #mark: Mark | undefined

  /** Undefined until there was a configuration. */
  get mark (): Mark | undefined { return this.#mark }

  /** As GET shows it. */
  get view (): JsonObject {
    if (this.#mark === undefined) return this.#document
    return { ...this.#document, [markMembers.lastModified]: this.#mark.lastModified, [markMembers.digest]: this.#mark.digest }
  }

  /**
   * What the configuration would be with a document that was sent: by its version each list is replaced, or stays when
   * the version does. Without a version it is replaced, and emptied when it is not there.
   *
   * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID for a version that is no number or lower than the one in force
   */
  next (sent: JsonObject): NextConfiguration {
    const document: Record<string, unknown> = {}
    const replaced = new Set<string>()
    for (const collection of collections) {
      const member = versionMemberOf(collection)
      const current = Number(this.#document[member])
      const version = sent[member] ?? (Object.hasOwn(sent, member) ? null : current + 1)
      if (typeof version !== 'number') throw refusal(`${member} must be a number`)
      if (version < current) throw refusal(`${member} must be greater than or equal to (${current})`)
      if (version > current) replaced.add(collection)
      const list = version > current ? this.#withLiveItems(collection, sent) : this.#document[collection]
      document[member] = version
      if (list !== undefined) document[collection] = list
    }
    return { document, replaced }
  }

  accept ({ document }: NextConfiguration, mark: Mark): void {
    this.#document = document
    this.#mark = mark
  }

  // An item that says the revision of the live one stays what it is.
  #withLiveItems (collection: string, sent: JsonObject): unknown {
    const section = sectionOf(sent, collection)
    if (section.kind !== 'items') return section.kind === 'absent' ? undefined : sent[collection]
    if (section.items.length === 0) return undefined
    const live = new Map(itemsOf(this.#document, collection).filter(isJsonObject).map((item, index) => [idAt(collection, item, index), item]))
    return section.items.map((item, index) => {
      if (!isJsonObject(item) || item['modifiedIndex'] === undefined) return item
      const current = live.get(idAt(collection, item, index))
      return current?.['modifiedIndex'] === item['modifiedIndex'] ? current : item
    })
  }
}
