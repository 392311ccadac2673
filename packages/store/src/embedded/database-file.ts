import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { asFileError } from './file-error.ts'
import { StoreError } from '../errors.ts'

const applicationId = 0x436c6e63 // "Clnc": tells our file from another program's database
const formatVersion = 1
const ownerOnly = 0o600

const schema = `
  CREATE TABLE entry (
    key BLOB PRIMARY KEY,
    value TEXT NOT NULL,
    create_revision INTEGER NOT NULL,
    mod_revision INTEGER NOT NULL,
    expires_ms INTEGER
  ) STRICT;
  CREATE INDEX entry_expiry ON entry (expires_ms) WHERE expires_ms IS NOT NULL;
  CREATE TABLE history (revision INTEGER PRIMARY KEY, events TEXT NOT NULL) STRICT;
  INSERT INTO history VALUES (1, '[]');
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};`

/**
 * Opens the database for this process alone, and makes it if there is none. The lock is the kernel's: it goes with
 * the process, however that ends.
 *
 * @throws StoreError STORE_ERR_REFUSED naming the file: in use, not a database, not ours, not readable
 */
export function openDatabaseFile (path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    makePrivateFile(path)
    database = new DatabaseSync(path, { timeout: 0 })
    // Exclusive comes first: then WAL keeps its index in this process's memory, not in a file that others could map.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    database.exec('BEGIN EXCLUSIVE')
    claim(database, path)
    database.exec('COMMIT')
    return database
  } catch (error) {
    database?.close()
    throw asFileError(error, path)
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

function claim (database: DatabaseSync, path: string): void {
  const tables = readNumber(database, 'SELECT count(*) AS n FROM sqlite_schema')
  if (tables === 0) {
    database.exec(schema)
    return
  }
  const isOurs = readNumber(database, 'SELECT application_id AS n FROM pragma_application_id') === applicationId
  const version = readNumber(database, 'SELECT user_version AS n FROM pragma_user_version')
  if (isOurs && version === formatVersion) return
  const detail = isOurs ? `${path}: written by another version (format ${version})` : `${path}: the database of another program`
  throw new StoreError('STORE_ERR_REFUSED', { detail })
}

function readNumber (database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.['n'])
}
