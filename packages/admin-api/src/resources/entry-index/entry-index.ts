import type { Store, StoreBatch, StoreWatch } from '@clinch/store'
import { EntryMap, type EntryLookup, type NamesOf } from './entry-map.ts'

/**
 * The names of all entries below a folder of the store, read once, when somebody first asks, and kept up by a watch: to
 * look through ten thousand entries at every write of one would take longer than the write.
 */
export class EntryIndex implements EntryLookup {
  readonly #store: Store
  readonly #folder: string
  readonly #namesOf: NamesOf
  /** Revisions that this process wrote and the watch has not reached, by key. */
  readonly #ahead = new Map<string, number>()
  #map: Promise<EntryMap> | undefined
  #watch: StoreWatch | undefined

  /** @param folder - with its `/` at the end */
  constructor (store: Store, folder: string, namesOf: NamesOf) {
    this.#store = store
    this.#folder = folder
    this.#namesOf = namesOf
  }

  async holdersOf (name: string): Promise<readonly string[]> {
    this.#map ??= this.#start()
    try {
      return (await this.#map).holdersOf(name)
    } catch (err) {
      this.#map = undefined // the store was away: the next one to ask tries again
      throw err
    }
  }

  /** What this process wrote counts at once; the watch tells of it a little later. */
  async wrote (key: string, value: string, revision: number): Promise<void> {
    if (!key.startsWith(this.#folder)) return
    const map = await this.#map?.catch(() => undefined)
    if (map === undefined) return
    this.#ahead.set(key, revision)
    map.put(key, value)
  }

  async close (): Promise<void> {
    await this.#watch?.close()
  }

  async #start (): Promise<EntryMap> {
    const { entries, revision } = await this.#store.list(this.#folder)
    const map = new EntryMap(this.#namesOf, entries)
    this.#watch = this.#store.watch(this.#folder, {
      fromRevision: revision + 1,
      known: new Map(entries.map(({ key, modRevision }) => [key, modRevision])),
      onBatch: batch => { this.#take(batch, map) }
    })
    return map
  }

  #take ({ revision, events }: StoreBatch, map: EntryMap): void {
    for (const event of events) {
      const key = event.kind === 'put' ? event.entry.key : event.key
      if ((this.#ahead.get(key) ?? 0) > revision) continue
      this.#ahead.delete(key)
      if (event.kind === 'put') map.put(key, event.entry.value)
      else map.delete(key)
    }
  }
}
