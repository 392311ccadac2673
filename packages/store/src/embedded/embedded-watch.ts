import type { StoreBatch, StoreEvent, StoreWatch, WatchOptions } from '../store.ts'
import { WatchPosition } from '../watch-position.ts'
import type { Ledger } from './ledger.ts'

/** One watcher of the embedded store. The store hands it what was committed; it never has a connection to lose. */
export class EmbeddedWatch implements StoreWatch {
  readonly #prefix: string
  readonly #position: WatchPosition
  readonly #onBatch: (batch: StoreBatch) => void
  readonly #onClose: (watch: EmbeddedWatch) => void
  #isOpen = true

  constructor (prefix: string, options: WatchOptions, onClose: (watch: EmbeddedWatch) => void) {
    this.#prefix = prefix
    this.#position = new WatchPosition(options)
    this.#onBatch = options.onBatch
    this.#onClose = onClose
  }

  /** Tells what happened before the watch began. A revision that has not been reached means that the file is an older copy. */
  catchUp (ledger: Ledger): void {
    const from = this.#position.nextRevision
    const events = ledger.history.since(from)
    if (events !== undefined) {
      this.take(events)
      return
    }
    const list = { entries: ledger.entries.list(this.#prefix), revision: ledger.revision }
    this.#tell(this.#position.advanceTo(list, from > ledger.revision))
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
