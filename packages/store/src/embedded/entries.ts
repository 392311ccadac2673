import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { keyRangeOf } from '../key-range.ts'
import type { StoredEntry } from '../store.ts'

const columns = 'key, value, create_revision, mod_revision'

/** The table of what is there now. */
export class Entries {
  readonly #one: StatementSync
  readonly #all: StatementSync
  readonly #between: StatementSync
  readonly #write: StatementSync
  readonly #remove: StatementSync
  readonly #expired: StatementSync
  readonly #nextExpiry: StatementSync

  constructor (database: DatabaseSync) {
    this.#one = database.prepare(`SELECT ${columns} FROM entry WHERE key = ?`)
    this.#all = database.prepare(`SELECT ${columns} FROM entry ORDER BY key`)
    this.#between = database.prepare(`SELECT ${columns} FROM entry WHERE key >= ? AND key < ? ORDER BY key`)
    this.#write = database.prepare(`INSERT INTO entry (${columns}, expires_ms) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value, mod_revision = excluded.mod_revision, expires_ms = excluded.expires_ms`)
    this.#remove = database.prepare('DELETE FROM entry WHERE key = ?')
    this.#expired = database.prepare('SELECT key FROM entry WHERE expires_ms <= ? ORDER BY expires_ms')
    this.#nextExpiry = database.prepare('SELECT min(expires_ms) AS next FROM entry WHERE expires_ms IS NOT NULL')
  }

  get (key: string): StoredEntry | undefined {
    const row = this.#one.get(Buffer.from(key))
    return row === undefined ? undefined : readEntry(row)
  }

  list (prefix: string): StoredEntry[] {
    const { start, end } = keyRangeOf(prefix)
    return (prefix === '' ? this.#all.all() : this.#between.all(start, end)).map(readEntry)
  }

  /** @param expiresMs - epoch milliseconds; null for never */
  write (entry: StoredEntry, expiresMs: number | null): void {
    this.#write.run(Buffer.from(entry.key), entry.value, entry.createRevision, entry.modRevision, expiresMs)
  }

  remove (key: string): void {
    this.#remove.run(Buffer.from(key))
  }

  /** Keys whose end has come, the earliest first. */
  expired (nowMs: number): string[] {
    return this.#expired.all(nowMs).map(row => readKey(row['key']))
  }

  nextExpiryMs (): number | undefined {
    const next = this.#nextExpiry.get()?.['next']
    return typeof next === 'number' ? next : undefined
  }
}

function readEntry (row: Record<string, SQLOutputValue>): StoredEntry {
  return {
    key: readKey(row['key']),
    value: String(row['value']),
    createRevision: Number(row['create_revision']),
    modRevision: Number(row['mod_revision'])
  }
}

function readKey (bytes: SQLOutputValue | undefined): string {
  return Buffer.from(bytes as Uint8Array).toString() // the table is STRICT and the column a BLOB that is not null
}
