import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../errors.ts'
import { checkKey, checkWrite } from '../limits.ts'
import { LocalWatch } from '../local-watch.ts'
import { openDatabaseFile } from '../sqlite/database-file.ts'
import { asFileError } from '../sqlite/file-error.ts'
import type { ListResult, PutOptions, PutResult, Store, StoredEntry, StoreWatch, SwapResult, WatchOptions } from '../store.ts'
import { embeddedFormat } from './database-format.ts'
import { ExpiryTimer } from './expiry-timer.ts'
import { GroupCommit } from './group-commit.ts'
import { Ledger } from './ledger.ts'

export interface EmbeddedStoreOptions {
  /** The database file; it and its folder are made if they are missing. Give it to no other program while it is open. */
  readonly path: string
  /** Epoch milliseconds; by default the system's clock. */
  readonly now?: () => number
  /** How many revisions back a watch may begin before it gets a list's difference instead. Default: 10,000. */
  readonly historyLimit?: number
}

/**
 * The store for one machine: a SQLite file that one process owns. A write is answered when it is on disk.
 *
 * @throws StoreError STORE_ERR_REFUSED naming the file when it is in use, damaged, not ours or not accessible
 */
export async function openEmbeddedStore (options: EmbeddedStoreOptions): Promise<Store> {
  const { path, now = Date.now, historyLimit = 10_000 } = options
  const database = openDatabaseFile(path, embeddedFormat)
  try {
    const store = new EmbeddedStore(database, path, now, new Ledger(database, { now, historyLimit }))
    await store.start()
    return store
  } catch (error) {
    database.close()
    throw asFileError(error, path)
  }
}

class EmbeddedStore implements Store {
  readonly kind = 'embedded'
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #ledger: Ledger
  readonly #commits: GroupCommit
  readonly #expiry: ExpiryTimer
  readonly #watches = new Set<LocalWatch>()
  #nextExpiryMs: number | undefined
  #isOpen = true

  constructor (database: DatabaseSync, path: string, now: () => number, ledger: Ledger) {
    this.#database = database
    this.#path = path
    this.#ledger = ledger
    this.#commits = new GroupCommit(database, {
      before: () => ledger.expire(),
      after: () => this.#finish(),
      onCommitted: () => this.#tell(),
      onRolledBack: () => ledger.rolledBack(),
      asError: error => asFileError(error, path)
    })
    this.#expiry = new ExpiryTimer(now, () => this.#expire())
  }

  /** Deletes what came to its end while nobody had the file open. */
  async start (): Promise<void> {
    await this.#commits.write(() => {})
  }

  async get (key: string): Promise<StoredEntry | undefined> {
    checkKey(key)
    return this.#read(() => this.#ledger.entries.get(key))
  }

  async list (prefix: string): Promise<ListResult> {
    return this.#read(() => ({ entries: this.#ledger.entries.list(prefix), revision: this.#ledger.revision }))
  }

  async put (key: string, value: string, options?: PutOptions): Promise<PutResult> {
    checkWrite(key, value, options?.ttlSeconds)
    return await this.#write(() => this.#ledger.put(key, value, options))
  }

  async delete (key: string): Promise<PutResult> {
    checkKey(key)
    return await this.#write(() => this.#ledger.delete(key))
  }

  async deletePrefix (prefix: string): Promise<{ readonly revision: number, readonly deleted: number }> {
    return await this.#write(() => this.#ledger.deletePrefix(prefix))
  }

  async compareAndSwap (key: string, expectedModRevision: number, value: string, options?: PutOptions): Promise<SwapResult> {
    checkWrite(key, value, options?.ttlSeconds)
    return await this.#write(() => this.#ledger.compareAndSwap(key, expectedModRevision, value, options))
  }

  watch (prefix: string, options: WatchOptions): StoreWatch {
    return this.#read(() => {
      const watch = new LocalWatch(prefix, options, closed => this.#watches.delete(closed))
      const { revision, entries, history } = this.#ledger
      watch.catchUp({ revision, list: prefix => entries.list(prefix), since: from => history.since(from) })
      this.#watches.add(watch)
      return watch
    })
  }

  /** What was asked before is still written and answered. */
  async close (): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#commits.flush()
    this.#expiry.close()
    await Promise.all([...this.#watches].map(watch => watch.close()))
    this.#database.close()
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.close()
  }

  #read<T> (read: () => T): T {
    this.#checkOpen()
    try {
      return read()
    } catch (error) {
      throw asFileError(error, this.#path)
    }
  }

  async #write<T> (write: () => T): Promise<T> {
    this.#checkOpen()
    return await this.#commits.write(write)
  }

  #checkOpen (): void {
    if (!this.#isOpen) throw new StoreError('STORE_ERR_CLOSED')
  }

  /** A disk that refuses now is asked again at the next write. */
  #expire (): void {
    this.#commits.write(() => {}).catch(() => {})
  }

  #finish (): void {
    this.#ledger.compact()
    this.#nextExpiryMs = this.#ledger.entries.nextExpiryMs()
  }

  #tell (): void {
    const events = this.#ledger.committed()
    if (events.length > 0) for (const watch of this.#watches) watch.take(events)
    this.#expiry.set(this.#nextExpiryMs)
  }
}
