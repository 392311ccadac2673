export type { ListResult, PutOptions, PutResult, Store, StoreBatch, StoredEntry, StoreEvent, StoreWatch, SwapResult, WatchOptions } from './store.ts'
export { StoreError, storeErrors } from './errors.ts'
export type { StoreErrorCode } from './errors.ts'
