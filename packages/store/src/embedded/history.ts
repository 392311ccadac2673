import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoreEvent } from '../store.ts'

/** Compaction waits until this many revisions more than the limit are there, so that few writes pay for it. */
const slackShare = 0.1
/** Whatever their number, the kept revisions take no more than this; then the older half goes. */
const maxBytes = 64 * 1024 * 1024

/** The events of the last revisions, a row each. The newest row is never removed: it is the store's revision counter. */
export class History {
  readonly #limit: number
  readonly #ends: StatementSync
  readonly #append: StatementSync
  readonly #from: StatementSync
  readonly #forget: StatementSync
  readonly #weigh: StatementSync
  /** An upper bound: a transaction that is rolled back does not take its share back. */
  #bytes: number

  /** @param limit - revisions to keep, at least 1 */
  constructor (database: DatabaseSync, limit: number) {
    this.#limit = Math.max(1, limit)
    this.#ends = database.prepare('SELECT (SELECT min(revision) FROM history) AS oldest, (SELECT max(revision) FROM history) AS newest')
    this.#append = database.prepare('INSERT INTO history VALUES (?, ?)')
    this.#from = database.prepare('SELECT events FROM history WHERE revision >= ? ORDER BY revision')
    this.#forget = database.prepare('DELETE FROM history WHERE revision < ?')
    this.#weigh = database.prepare('SELECT sum(octet_length(events)) AS bytes FROM history')
    this.#bytes = this.#weighAll()
  }

  ends (): { oldest: number, newest: number } {
    const row = this.#ends.get()
    return { oldest: Number(row?.['oldest']), newest: Number(row?.['newest']) }
  }

  append (revision: number, events: readonly StoreEvent[]): void {
    const text = JSON.stringify(events)
    this.#append.run(revision, text)
    this.#bytes += Buffer.byteLength(text)
  }

  /** The events since `revision`, that one included; undefined if some of them are gone or it has not been reached. */
  since (revision: number): StoreEvent[] | undefined {
    const { oldest, newest } = this.ends()
    if (revision < oldest || revision > newest + 1) return undefined
    // the rows are our own, written by append
    return this.#from.all(revision).flatMap(row => JSON.parse(String(row['events'])) as StoreEvent[])
  }

  /** @returns the oldest revision that is still there */
  compact (oldest: number, newest: number): number {
    const isTooLong = newest - oldest + 1 > this.#limit * (1 + slackShare)
    if (!isTooLong && this.#bytes <= maxBytes) return oldest
    const keptFrom = Math.max(isTooLong ? newest - this.#limit + 1 : oldest, this.#bytes > maxBytes ? Math.ceil((oldest + newest) / 2) : oldest)
    this.#forget.run(keptFrom)
    this.#bytes = this.#weighAll()
    return keptFrom
  }

  #weighAll (): number {
    return Number(this.#weigh.get()?.['bytes'] ?? 0)
  }
}
