import type { ListResult, StoreBatch, StoredEntry, StoreEvent, WatchOptions } from './store.ts'

/** A key that was told last, and the modRevision it must have just before `nextRevision`; none if it was deleted. */
export interface Anchor {
  readonly key: string
  readonly modRevision: number | undefined
}

/**
 * What one watcher has been told so far: where to go on, what to leave out, and what to tell when the history between
 * is gone. Pure; both stores lean on it.
 */
export class WatchPosition {
  #known: Map<string, number>
  /** Without `known`, what is older than this is taken as known to the watcher. */
  #presumedBelow: number
  #nextRevision: number
  #anchorKey: string | undefined

  constructor (options: Pick<WatchOptions, 'fromRevision' | 'known'>) {
    this.#nextRevision = Math.max(1, options.fromRevision)
    this.#known = new Map(options.known)
    this.#presumedBelow = options.known === undefined ? this.#nextRevision : 0
    this.#anchorKey = newestKey(this.#known)
  }

  /** The first revision that was not told yet. */
  get nextRevision (): number {
    return this.#nextRevision
  }

  /** Something that a store must agree with before the watch may go on where it stopped. */
  get anchor (): Anchor | undefined {
    if (this.#anchorKey === undefined) return undefined
    return { key: this.#anchorKey, modRevision: this.#known.get(this.#anchorKey) }
  }

  /** Takes events of whole revisions, in order; what was told before is left out. */
  advance (events: readonly StoreEvent[]): StoreBatch | undefined {
    const news = events.filter(event => revisionOf(event) >= this.#nextRevision)
    for (const event of news) {
      const revision = revisionOf(event)
      this.#anchorKey = event.kind === 'put' ? event.entry.key : event.key
      if (event.kind === 'put') this.#known.set(this.#anchorKey, revision)
      else this.#known.delete(this.#anchorKey)
      this.#nextRevision = Math.max(this.#nextRevision, revision + 1)
    }
    return news.length === 0 ? undefined : { revision: this.#nextRevision - 1, events: news }
  }

  /**
   * Takes the whole list, because the history was compacted, or because the store was `restored` from a backup and
   * its history is another one. Puts come in the order of their writing, then what is no longer there.
   */
  advanceTo (list: ListResult, restored: boolean): StoreBatch | undefined {
    if (restored) this.#presumedBelow = 0
    const puts = list.entries.filter(entry => this.#isNews(entry))
      .sort((one, other) => one.modRevision - other.modRevision)
      .map((entry): StoreEvent => ({ kind: 'put', entry }))
    const listed = new Map(list.entries.map(entry => [entry.key, entry.modRevision]))
    const deletes = [...this.#known.keys()].filter(key => !listed.has(key))
      .map((key): StoreEvent => ({ kind: 'delete', key, modRevision: list.revision }))
    this.#known = listed
    this.#presumedBelow = 0
    this.#anchorKey = newestKey(listed)
    this.#nextRevision = list.revision + 1
    return puts.length + deletes.length === 0 ? undefined : { revision: list.revision, events: [...puts, ...deletes] }
  }

  #isNews (entry: StoredEntry): boolean {
    const knownRevision = this.#known.get(entry.key)
    return knownRevision === undefined ? entry.modRevision >= this.#presumedBelow : knownRevision !== entry.modRevision
  }
}

function revisionOf (event: StoreEvent): number {
  return event.kind === 'put' ? event.entry.modRevision : event.modRevision
}

function newestKey (known: ReadonlyMap<string, number>): string | undefined {
  let newest: string | undefined
  let newestRevision = 0
  for (const [key, revision] of known) {
    if (revision > newestRevision) [newest, newestRevision] = [key, revision]
  }
  return newest
}
