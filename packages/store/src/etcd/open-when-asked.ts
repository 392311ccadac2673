import type { Store } from '../store.ts'
import type { EtcdStoreOptions } from './open.ts'

/**
 * `openEtcdStore` of open.ts, whose client is loaded when it is asked for: that takes a third of a process's start, and
 * most processes that import this package speak to no etcd.
 */
export async function openEtcdStore (options: EtcdStoreOptions): Promise<Store> {
  const { openEtcdStore } = await import('./open.ts')
  return await openEtcdStore(options)
}
