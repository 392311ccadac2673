import type { StoreBatch, StoredEntry, StoreEvent, StoreWatch, WatchOptions } from './store.ts'
import { WatchPosition } from './watch-position.ts'

/** What a watch that begins late has to know of a store in this process. */
export interface WatchedPast {
  readonly revision: number
  list (prefix: string): readonly StoredEntry[]
  /** The events since `revision`, that one included; undefined if some of them are gone or it has not been reached. */
  since (revision: number): readonly StoreEvent[] | undefined
}

/** One watcher of a store in this process. The store hands it what was committed; it never has a connection to lose. */
export class LocalWatch implements StoreWatch {
  readonly #prefix: string
  readonly #position: WatchPosition
  readonly #onBatch: (batch: StoreBatch) => void
  readonly #onClose: (watch: LocalWatch) => void
  #isOpen = true

  constructor (prefix: string, options: WatchOptions, onClose: (watch: LocalWatch) => void) {
    this.#prefix = prefix
    this.#position = new WatchPosition(options)
    this.#onBatch = options.onBatch
    this.#onClose = onClose
  }

  /** Tells what happened before the watch began. A revision that has not been reached means that the store is an older copy. */
  catchUp (past: WatchedPast): void {
    const from = this.#position.nextRevision
    const events = past.since(from)
    if (events !== undefined) {
      this.take(events)
      return
    }
    const list = { entries: past.list(this.#prefix), revision: past.revision }
    this.#tell(this.#position.advanceTo(list, from > past.revision))
  }

  take (events: readonly StoreEvent[]): void {
    this.#tell(this.#position.advance(events.filter(event => keyOf(event).startsWith(this.#prefix))))
  }

  async close (): Promise<void> {
    this.#isOpen = false
    this.#onClose(this)
  }

  /** In a task of its own: what a watcher throws is its own bug, not the writer's. */
  #tell (batch: StoreBatch | undefined): void {
    if (batch === undefined) return
    queueMicrotask(() => {
      if (this.#isOpen) this.#onBatch(batch)
    })
  }
}

function keyOf (event: StoreEvent): string {
  return event.kind === 'put' ? event.entry.key : event.key
}
