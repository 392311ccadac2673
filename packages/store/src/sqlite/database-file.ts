import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { asFileError } from './file-error.ts'
import { StoreError, type StoreErrorCode } from '../errors.ts'

const ownerOnly = 0o600

export interface DatabaseFormat {
  /** Tells our file from another program's database. */
  readonly applicationId: number
  readonly version: number
  /** Makes the tables of an empty database. */
  readonly schema: string
  /** Is a commit on disk when it is done? Otherwise a power failure may take the last ones; none is ever there in part. */
  readonly durable: boolean
  /** The code for a file that is damaged, or not of this format. */
  readonly unusable: StoreErrorCode
}

/**
 * Opens the database for this process alone, and makes it if there is none. The lock is the kernel's: it goes with
 * the process, however that ends.
 *
 * @throws StoreError naming the file: STORE_ERR_REFUSED in use or not accessible; that of the format when the file is at fault
 */
export function openDatabaseFile (path: string, format: DatabaseFormat): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    makePrivateFile(path)
    database = new DatabaseSync(path, { timeout: 0 })
    // Exclusive comes first: then WAL keeps its index in this process's memory, not in a file that others could map.
    database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${format.durable ? 'FULL' : 'NORMAL'}`)
    database.exec('BEGIN EXCLUSIVE')
    claim(database, path, format)
    database.exec('COMMIT')
    return database
  } catch (error) {
    database?.close()
    throw asFileError(error, path, format.unusable)
  }
}

/** An existing file is never opened here: closing it again would drop the lock of a store that this process has open. */
function makePrivateFile (path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  try {
    closeSync(openSync(path, 'wx', ownerOnly))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    if (!statSync(path).isFile()) throw new StoreError('STORE_ERR_REFUSED', { cause: error, detail: `${path}: not a file` })
    chmodSync(path, ownerOnly)
    return
  }
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

function claim (database: DatabaseSync, path: string, { applicationId, version, schema, unusable }: DatabaseFormat): void {
  const tables = readNumber(database, 'SELECT count(*) AS n FROM sqlite_schema')
  if (tables === 0) {
    database.exec(`${schema}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}`)
    return
  }
  const isOurs = readNumber(database, 'SELECT application_id AS n FROM pragma_application_id') === applicationId
  const found = readNumber(database, 'SELECT user_version AS n FROM pragma_user_version')
  if (isOurs && found === version) return
  const detail = isOurs ? `${path}: written by another version (format ${found})` : `${path}: the database of another program`
  throw new StoreError(unusable, { detail })
}

function readNumber (database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.['n'])
}
