import { StoreError } from './errors.ts'

/** etcd's own limit of a request (`--max-request-bytes`). The embedded store keeps to it, so that what one takes, both take. */
export const maxEntryBytes = 1.5 * 1024 * 1024
/** etcd's longest lease. */
export const maxTtlSeconds = 9_000_000_000

/** @throws StoreError STORE_ERR_REFUSED for a key that is empty */
export function checkKey (key: string): void {
  if (key === '') throw refused('key is not provided')
}

/** @throws StoreError STORE_ERR_REFUSED for what etcd would not take: an empty key, an entry over 1.5 MiB, a ttl out of range */
export function checkWrite (key: string, value: string, ttlSeconds: number | undefined): void {
  checkKey(key)
  if (Buffer.byteLength(key) + Buffer.byteLength(value) > maxEntryBytes) throw refused('request is too large')
  if (ttlSeconds === undefined) return
  if (!Number.isSafeInteger(ttlSeconds)) throw refused('ttl must be integer')
  if (ttlSeconds > maxTtlSeconds) throw refused('too large lease TTL')
}

function refused (detail: string): StoreError {
  return new StoreError('STORE_ERR_REFUSED', { detail })
}
