import { rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { StoreError } from '../errors.ts'
import { openDatabaseFile } from '../sqlite/database-file.ts'
import { asFileError } from '../sqlite/file-error.ts'
import type { ListResult, StoredEntry } from '../store.ts'
import { copyFormat } from './copy-format.ts'
import { CopyRows, type CopyOrigin } from './copy-rows.ts'
import { createSealing } from './sealing.ts'

export interface StoreCopyOptions {
  /** The file; it and its folder are made if they are missing, for the owner alone. */
  readonly path: string
  /** `apisix.data_encryption.keyring`: what the values are encrypted with. */
  readonly keyring: string | readonly string[] | null
  /** The store that is copied. */
  readonly origin: CopyOrigin
}

export interface CopiedList extends ListResult {
  /** When it was last known to be what the store holds; epoch milliseconds. */
  readonly asOfMs: number
}

/** Bounds how long one slice of a long write holds the thread. */
const entriesPerSlice = 200

/**
 * What a store elsewhere held at a revision, in a file of this machine that one process owns: for a start while that store is
 * away. It is written in whole transactions, one after the other, so that a reader finds one revision or the next.
 */
export class StoreCopy {
  readonly #options: StoreCopyOptions
  readonly #database: DatabaseSync
  readonly #rows: CopyRows
  #writing: Promise<void> = Promise.resolve()

  /**
   * @throws StoreError STORE_ERR_COPY_UNUSABLE for a file that is damaged, of another program or of another version,
   * STORE_ERR_REFUSED for one that is in use or not accessible
   */
  constructor (options: StoreCopyOptions) {
    this.#options = options
    this.#database = openDatabaseFile(options.path, copyFormat)
    this.#rows = new CopyRows(this.#database, createSealing(options.keyring))
  }

  /** In the place of a file that cannot be used. Throws as the constructor does. */
  static anew (options: StoreCopyOptions): StoreCopy {
    for (const end of ['', '-wal', '-journal']) rmSync(`${options.path}${end}`, { force: true })
    return new StoreCopy(options)
  }

  /**
   * Everything, in byte order of the keys; undefined when nothing was copied yet.
   *
   * @throws StoreError STORE_ERR_COPY_UNUSABLE when it is damaged, of another store, or encrypted with another keyring
   */
  read (): CopiedList | undefined {
    return this.#trying(() => {
      const damage = this.#rows.damage()
      if (damage !== undefined) throw this.#unusable(damage)
      const state = this.#rows.state()
      if (state === undefined) return undefined
      const problem = whyForeign(state.origin, this.#options.origin)
      if (problem !== undefined) throw this.#unusable(problem)
      const entries = this.#rows.entries()
      if (entries === undefined) throw this.#unusable('no entry of apisix.data_encryption.keyring opens it, or it was changed')
      return { entries, revision: state.revision, asOfMs: state.asOfMs }
    })
  }

  /** Makes it what the list says; what is the same is not written again. */
  async replace ({ entries, revision }: ListResult, asOfMs: number): Promise<void> {
    await this.#write(async () => {
      const gone = this.#rows.keys()
      for await (const entry of inSlices(entries)) {
        gone.delete(entry.key)
        if (!this.#rows.holds(entry)) this.#rows.put(entry)
      }
      for (const key of gone) this.#rows.remove(key)
      this.#rows.mark({ origin: this.#options.origin, revision, asOfMs })
    })
  }

  /** @param changes - by key; undefined for what was deleted */
  async change (changes: ReadonlyMap<string, StoredEntry | undefined>, revision: number, asOfMs: number): Promise<void> {
    await this.#write(async () => {
      for await (const [key, entry] of inSlices(changes)) {
        if (entry === undefined) this.#rows.remove(key)
        else this.#rows.put(entry)
      }
      this.#rows.mark({ origin: this.#options.origin, revision, asOfMs })
    })
  }

  /** What was asked before is still written. */
  async close (): Promise<void> {
    await this.#writing
    if (this.#database.isOpen) this.#database.close()
  }

  async #write (job: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(async () => {
      try {
        this.#database.exec('BEGIN IMMEDIATE')
        await job()
        this.#database.exec('COMMIT')
      } catch (error) {
        if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw this.#asError(error)
      }
    })
    this.#writing = turn.catch(() => {})
    await turn
  }

  #trying<T> (read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw this.#asError(error)
    }
  }

  #asError (error: unknown): StoreError {
    return asFileError(error, this.#options.path, copyFormat.unusable)
  }

  #unusable (problem: string): StoreError {
    return new StoreError(copyFormat.unusable, { detail: `${this.#options.path}: ${problem}` })
  }
}

// A cluster may gain and lose members; one of which no member is the same is another.
function whyForeign (found: CopyOrigin, expected: CopyOrigin): string | undefined {
  if (found.prefix !== expected.prefix) return `it is the copy of what is below ${found.prefix}, not ${expected.prefix}`
  if (!expected.hosts.some(host => found.hosts.includes(host))) return `it is the copy of another store: ${found.hosts.join(', ')}`
  return undefined
}

async function * inSlices<Item> (items: Iterable<Item>): AsyncGenerator<Item> {
  let count = 0
  for (const item of items) {
    yield item
    if (++count % entriesPerSlice === 0) await nextTurn()
  }
}
