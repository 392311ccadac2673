import { setTimeout as wait } from 'node:timers/promises'
import { StoreError } from '../errors.ts'
import { silentLog } from '../log.ts'
import type { StoreLog } from '../log.ts'
import type { RemoteStore } from '../store.ts'
import { AuthToken } from './auth-token.ts'
import { Cluster } from './cluster.ts'
import { connectTo } from './endpoint.ts'
import type { EtcdTls } from './endpoint.ts'
import { EtcdStore } from './etcd-store.ts'

export interface EtcdStoreOptions {
  /** `http(s)://host:port` of each member, at least one. */
  readonly hosts: readonly string[]
  /** User and password, both or none. */
  readonly user?: string
  readonly password?: string
  /** For hosts that begin with `https`. */
  readonly tls?: EtcdTls
  /** For one operation, however many members it has to ask. */
  readonly timeoutMs: number
  /** A watch that brings no sign of life for this long is taken up anew. Default: 50 s. */
  readonly watchTimeoutMs?: number
  /** How long a member that failed is asked only after the others. Default: 10 s. */
  readonly unhealthyMs?: number
  /** How often the members are asked at the start before it is given up. Default: 2. */
  readonly startTries?: number
  readonly log?: StoreLog
}

const betweenTriesMs = 1000

/**
 * The store for a cluster, without asking anybody: it may be away, and `check` tells.
 *
 * @throws StoreError STORE_ERR_REFUSED for an address that is none
 */
export function createEtcdStore (options: Omit<EtcdStoreOptions, 'startTries'>): RemoteStore {
  const { hosts, user, password, tls, timeoutMs, watchTimeoutMs = 50_000, unhealthyMs = 10_000, log = silentLog } = options
  if (hosts.length === 0) throw new StoreError('STORE_ERR_REFUSED', { detail: 'no etcd host is configured' })
  const login = user === undefined || password === undefined ? undefined : { user, password }
  const cluster = new Cluster(hosts.map(host => connectTo(host, tls)), new AuthToken(login), { timeoutMs, unhealthyMs })
  return new EtcdStore({ cluster, watchSilenceMs: watchTimeoutMs, log })
}

/**
 * The store for a cluster that is there: etcd 3.4 or newer.
 *
 * @throws StoreError as `check`, and STORE_ERR_REFUSED for an address that is none
 */
export async function openEtcdStore ({ startTries = 2, ...options }: EtcdStoreOptions): Promise<RemoteStore> {
  const store = createEtcdStore(options)
  try {
    await tryOften(startTries, async () => await store.check())
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

async function tryOften (times: number, attempt: () => Promise<void>): Promise<void> {
  for (let left = times - 1; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      const mayComeBack = error instanceof StoreError && error.code === 'STORE_ERR_UNAVAILABLE'
      if (left === 0 || !mayComeBack) throw error
      await wait(betweenTriesMs)
    }
  }
}
