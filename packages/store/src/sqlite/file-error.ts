import { StoreError, type StoreErrorCode } from '../errors.ts'

const busy = 5
const readOnly = 8
const corrupt = 11
const cannotOpen = 14
const notADatabase = 26

/**
 * A failure of the database as a StoreError that names the file: STORE_ERR_REFUSED for what waiting does not heal
 * (in use, not readable), STORE_ERR_UNAVAILABLE for the disk (full, I/O error).
 *
 * @param unusable - the code for a file that is damaged
 */
export function asFileError (error: unknown, path: string, unusable: StoreErrorCode = 'STORE_ERR_REFUSED'): StoreError {
  if (error instanceof StoreError) return error
  const text = error instanceof Error ? error.message : String(error)
  switch (primaryResultCode(error)) {
    case readOnly:
    case cannotOpen:
    case undefined: return new StoreError('STORE_ERR_REFUSED', { cause: error, detail: `${path}: ${text}` })
    case busy: return new StoreError('STORE_ERR_REFUSED', { cause: error, detail: `${path}: in use by another process` })
    case corrupt:
    case notADatabase: return new StoreError(unusable, { cause: error, detail: `${path}: damaged, or not a database (${text})` })
    default: return new StoreError('STORE_ERR_UNAVAILABLE', { cause: error, detail: `${path}: ${text}` })
  }
}

/** SQLite's result code without the extension in its upper bytes. */
function primaryResultCode (error: unknown): number | undefined {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return undefined
  return error.errcode & 0xff
}
