import type { DatabaseSync } from 'node:sqlite'
import type { PutOptions, PutResult, StoredEntry, StoreEvent, SwapResult } from '../store.ts'
import { Entries } from './entries.ts'
import { History } from './history.ts'

/** As in a small etcd cluster; a shorter life than this is raised to it. */
const minTtlSeconds = 2

/**
 * The meaning of each write: what it does to the tables, which revision it makes, what it answers. Every method runs
 * inside the transaction that its caller opened.
 */
export class Ledger {
  readonly entries: Entries
  readonly history: History
  readonly #now: () => number
  #oldest: number
  #revision: number
  #events: StoreEvent[] = []
  #committed: { readonly oldest: number, readonly revision: number }

  constructor (database: DatabaseSync, options: { readonly now: () => number, readonly historyLimit: number }) {
    this.entries = new Entries(database)
    this.history = new History(database, options.historyLimit)
    this.#now = options.now
    const { oldest, newest } = this.history.ends()
    this.#oldest = oldest
    this.#revision = newest
    this.#committed = { oldest, revision: newest }
  }

  get revision (): number {
    return this.#revision
  }

  put (key: string, value: string, options: PutOptions = {}): PutResult {
    const previous = this.entries.get(key)
    const revision = this.#revision + 1
    const entry = { key, value, createRevision: previous?.createRevision ?? revision, modRevision: revision }
    const expiresMs = options.ttlSeconds === undefined ? null : this.#now() + Math.max(minTtlSeconds, options.ttlSeconds) * 1000
    this.entries.write(entry, expiresMs)
    this.#record([{ kind: 'put', entry }])
    return { revision, previous }
  }

  delete (key: string): PutResult {
    const previous = this.entries.get(key)
    if (previous !== undefined) this.#remove([previous])
    return { revision: this.#revision, previous }
  }

  deletePrefix (prefix: string): { revision: number, deleted: number } {
    const found = this.entries.list(prefix)
    if (found.length > 0) this.#remove(found)
    return { revision: this.#revision, deleted: found.length }
  }

  compareAndSwap (key: string, expectedModRevision: number, value: string, options?: PutOptions): SwapResult {
    const current = this.entries.get(key)
    if ((current?.modRevision ?? 0) !== expectedModRevision) return { kind: 'changed' }
    return { kind: 'swapped', revision: this.put(key, value, options).revision }
  }

  /** Deletes what has reached its end. */
  expire (): void {
    for (const key of this.entries.expired(this.#now())) this.delete(key)
  }

  compact (): void {
    this.#oldest = this.history.compact(this.#oldest, this.#revision)
  }

  /** The transaction is on disk; gives what it wrote, to be told. */
  committed (): readonly StoreEvent[] {
    const events = this.#events
    this.#events = []
    this.#committed = { oldest: this.#oldest, revision: this.#revision }
    return events
  }

  /** The transaction never happened. */
  rolledBack (): void {
    this.#oldest = this.#committed.oldest
    this.#revision = this.#committed.revision
    this.#events = []
  }

  #remove (entries: readonly StoredEntry[]): void {
    const modRevision = this.#revision + 1
    for (const { key } of entries) this.entries.remove(key)
    this.#record(entries.map(({ key }) => ({ kind: 'delete', key, modRevision })))
  }

  #record (events: readonly StoreEvent[]): void {
    this.#revision += 1
    this.history.append(this.#revision, events)
    for (const event of events) this.#events.push(event)
  }
}
