import type { Store } from '@clinch/store'

/**
 * Writes and deletes 50 keys from several callers at once until it is stopped. Failures are part of it: whether such a
 * write happened is what the test finds out.
 *
 * @returns what stops it, and resolves when the last write is answered
 */
export function startWriteLoad (store: Store, prefix: string): () => Promise<void> {
  const stopping = new AbortController()
  let serial = 0
  const call = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      serial += 1
      const key = `${prefix}${(serial * 7919) % 50}`
      const write = serial % 5 === 0 ? store.delete(key) : store.put(key, String(serial))
      await write.catch(() => new Promise(resolve => setImmediate(resolve)))
    }
  }
  const callers = Promise.all(Array.from({ length: 4 }, call))
  return async () => {
    stopping.abort()
    await callers
  }
}
