import type { RemoteStore } from '../store.ts'
import type { EtcdStoreOptions } from './open.ts'

/**
 * `createEtcdStore` and `openEtcdStore` of open.ts, whose client is loaded when it is asked for: that takes a third of a
 * process's start, and most processes that import this package speak to no etcd.
 */
export async function createEtcdStore (options: Omit<EtcdStoreOptions, 'startTries'>): Promise<RemoteStore> {
  const { createEtcdStore } = await import('./open.ts')
  return createEtcdStore(options)
}

export async function openEtcdStore (options: EtcdStoreOptions): Promise<RemoteStore> {
  const { openEtcdStore } = await import('./open.ts')
  return await openEtcdStore(options)
}
