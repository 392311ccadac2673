import { StoreError } from '../errors.ts'
import { LocalWatch } from '../local-watch.ts'
import type { ListResult, Store, StoredEntry, StoreEvent, StoreWatch, WatchOptions } from '../store.ts'

/** One object of a document: its key (`/routes/1`) and its JSON text. */
export interface DocumentEntry {
  readonly key: string
  readonly value: string
}

/**
 * A configuration that comes as a whole, from a file or in one request, and is kept in memory. What differs from one
 * document to the next is told to the watchers as one transaction; what is the same keeps its revision. Writing single
 * keys is refused with STORE_ERR_READ_ONLY.
 */
export class DocumentStore implements Store {
  readonly kind = 'document'
  readonly #watches = new Set<LocalWatch>()
  /** In the order of the document. */
  #entries: ReadonlyMap<string, StoredEntry> = new Map()
  #revision = 0
  #isOpen = true

  /**
   * Takes the next document in the place of the one that is there. Of entries with one key the last counts.
   *
   * @throws StoreError STORE_ERR_CLOSED
   */
  replace (document: readonly DocumentEntry[]): void {
    this.#checkOpen()
    const modRevision = this.#revision + 1
    const next = new Map<string, StoredEntry>()
    for (const { key, value } of document) {
      const previous = this.#entries.get(key)
      const entry = previous?.value === value ? previous : { key, value, createRevision: previous?.createRevision ?? modRevision, modRevision }
      next.set(key, entry)
    }
    const puts = [...next.values()].filter(entry => entry.modRevision === modRevision).map((entry): StoreEvent => ({ kind: 'put', entry }))
    const deletes = [...this.#entries.keys()].filter(key => !next.has(key)).map((key): StoreEvent => ({ kind: 'delete', key, modRevision }))
    this.#entries = next
    const events = [...puts, ...deletes]
    if (events.length === 0) return
    this.#revision = modRevision
    for (const watch of this.#watches) watch.take(events)
  }

  async get (key: string): Promise<StoredEntry | undefined> {
    this.#checkOpen()
    return this.#entries.get(key)
  }

  async list (prefix: string): Promise<ListResult> {
    this.#checkOpen()
    return { entries: this.#below(prefix), revision: this.#revision }
  }

  watch (prefix: string, options: WatchOptions): StoreWatch {
    this.#checkOpen()
    const watch = new LocalWatch(prefix, options, closed => this.#watches.delete(closed))
    // nothing is kept of the past: who does not begin at its end is told the difference
    watch.catchUp({ revision: this.#revision, list: below => this.#below(below), since: from => from === this.#revision + 1 ? [] : undefined })
    this.#watches.add(watch)
    return watch
  }

  async put (): Promise<never> { throw this.#refusal() }
  async delete (): Promise<never> { throw this.#refusal() }
  async deletePrefix (): Promise<never> { throw this.#refusal() }
  async compareAndSwap (): Promise<never> { throw this.#refusal() }

  async close (): Promise<void> {
    this.#isOpen = false
    await Promise.all([...this.#watches].map(watch => watch.close()))
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.close()
  }

  #below (prefix: string): StoredEntry[] {
    return [...this.#entries.values()].filter(({ key }) => key.startsWith(prefix))
  }

  #checkOpen (): void {
    if (!this.#isOpen) throw new StoreError('STORE_ERR_CLOSED')
  }

  #refusal (): StoreError {
    return new StoreError(this.#isOpen ? 'STORE_ERR_READ_ONLY' : 'STORE_ERR_CLOSED')
  }
}
