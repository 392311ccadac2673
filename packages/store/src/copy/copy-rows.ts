import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { StoredEntry } from '../store.ts'
import type { Sealing } from './sealing.ts'

/** The store that a copy is of. */
export interface CopyOrigin {
  /** As the operator wrote them. */
  readonly hosts: readonly string[]
  /** What every key begins with. */
  readonly prefix: string
}

export interface CopyState {
  readonly origin: CopyOrigin
  readonly revision: number
  /** Epoch milliseconds. */
  readonly asOfMs: number
}

/** The tables of a copy. What throws is SQLite. */
export class CopyRows {
  readonly #database: DatabaseSync
  readonly #sealing: Sealing
  readonly #one: StatementSync
  readonly #write: StatementSync
  readonly #remove: StatementSync
  readonly #mark: StatementSync

  constructor (database: DatabaseSync, sealing: Sealing) {
    this.#database = database
    this.#sealing = sealing
    this.#one = database.prepare('SELECT * FROM entry WHERE key = ?')
    this.#write = database.prepare('INSERT OR REPLACE INTO entry (key, sealed, create_revision, mod_revision) VALUES (?, ?, ?, ?)')
    this.#remove = database.prepare('DELETE FROM entry WHERE key = ?')
    this.#mark = database.prepare('INSERT OR REPLACE INTO origin (id, hosts, prefix, revision, as_of_ms) VALUES (1, ?, ?, ?, ?)')
  }

  state (): CopyState | undefined {
    const row = this.#database.prepare('SELECT * FROM origin').get()
    if (row === undefined) return undefined
    return { origin: { hosts: String(row['hosts']).split('\n'), prefix: String(row['prefix']) }, revision: Number(row['revision']), asOfMs: Number(row['as_of_ms']) }
  }

  /** What is wrong with the file, in SQLite's words; undefined when nothing is. */
  damage (): string | undefined {
    const found = this.#database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    return found === 'ok' ? undefined : `damaged (${String(found)})`
  }

  keys (): Set<string> {
    return new Set(this.#database.prepare('SELECT key FROM entry').all().map(row => keyOf(row['key'])))
  }

  /** Undefined when one of them cannot be opened. */
  entries (): StoredEntry[] | undefined {
    const entries: StoredEntry[] = []
    for (const row of this.#database.prepare('SELECT * FROM entry ORDER BY key').iterate()) {
      const key = keyOf(row['key'])
      const modRevision = Number(row['mod_revision'])
      const value = this.#sealing.open(octetsOf(row['sealed']), placeOf({ key, modRevision }))
      if (value === undefined) return undefined
      entries.push({ key, value, createRevision: Number(row['create_revision']), modRevision })
    }
    return entries
  }

  /** Is it there as it is, and sealed with what is sealed with today? */
  holds (entry: StoredEntry): boolean {
    const row = this.#one.get(Buffer.from(entry.key))
    return row !== undefined && row['mod_revision'] === entry.modRevision && row['create_revision'] === entry.createRevision &&
      this.#sealing.openCurrent(octetsOf(row['sealed']), placeOf(entry)) === entry.value
  }

  put (entry: StoredEntry): void {
    this.#write.run(Buffer.from(entry.key), this.#sealing.seal(entry.value, placeOf(entry)), entry.createRevision, entry.modRevision)
  }

  remove (key: string): void {
    this.#remove.run(Buffer.from(key))
  }

  mark ({ origin, revision, asOfMs }: CopyState): void {
    this.#mark.run(origin.hosts.join('\n'), origin.prefix, revision, Math.round(asOfMs))
  }
}

function placeOf ({ key, modRevision }: Pick<StoredEntry, 'key' | 'modRevision'>): string {
  return `${modRevision} ${key}`
}

// the table is STRICT, and its BLOBs are not null

function keyOf (bytes: SQLOutputValue | undefined): string {
  return Buffer.from(bytes as Uint8Array).toString()
}

function octetsOf (bytes: SQLOutputValue | undefined): Uint8Array {
  return bytes as Uint8Array
}
