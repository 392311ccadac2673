import { setTimeout as wait } from 'node:timers/promises'
import type { IRangeResponse, IStatusResponse } from 'etcd3'
import { StoreError } from '../errors.ts'
import { silentLog } from '../log.ts'
import type { StoreLog } from '../log.ts'
import type { Store } from '../store.ts'
import { AuthToken } from './auth-token.ts'
import { Cluster } from './cluster.ts'
import { connectTo } from './endpoint.ts'
import type { EtcdTls } from './endpoint.ts'
import { CallFailure } from './errors.ts'
import { EtcdStore } from './etcd-store.ts'
import { grpcStatus } from './grpc.ts'

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
const oldestVersion = [3, 4] as const

/**
 * The store for a cluster: etcd 3.4 or newer.
 *
 * @throws StoreError STORE_ERR_UNAVAILABLE when no member answers, STORE_ERR_UNAUTHORIZED when user or password are
 * wrong or missing, STORE_ERR_REFUSED for an address that is none and for an etcd that is too old
 */
export async function openEtcdStore (options: EtcdStoreOptions): Promise<Store> {
  const { hosts, user, password, tls, timeoutMs, watchTimeoutMs = 50_000, unhealthyMs = 10_000, startTries = 2, log = silentLog } = options
  if (hosts.length === 0) throw new StoreError('STORE_ERR_REFUSED', { detail: 'no etcd host is configured' })
  const login = user === undefined || password === undefined ? undefined : { user, password }
  const cluster = new Cluster(hosts.map(host => connectTo(host, tls)), new AuthToken(login), { timeoutMs, unhealthyMs })
  try {
    await tryOften(startTries, async () => {
      await checkVersion(cluster)
      await checkAccess(cluster)
    })
  } catch (error) {
    cluster.close()
    throw error
  }
  return new EtcdStore({ cluster, watchSilenceMs: watchTimeoutMs, log })
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

async function checkVersion (cluster: Cluster): Promise<void> {
  const { answer: { version } } = await cluster.call<IStatusResponse>({ service: 'Maintenance', method: 'status', kind: 'read', request: {} })
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1])) return
  const detail = `etcd cluster version ${version} is less than the required version 3.4.0, please upgrade your etcd cluster`
  throw new StoreError('STORE_ERR_REFUSED', { detail })
}

/** Any read that goes through the leader. That this user may not read this key shows that there is a leader and that the user is known. */
async function checkAccess (cluster: Cluster): Promise<void> {
  const request = { key: Buffer.from([0]), keys_only: true, limit: 1 }
  try {
    await cluster.call<IRangeResponse>({ service: 'KV', method: 'range', kind: 'read', request })
  } catch (error) {
    const isForbidden = error instanceof StoreError && error.cause instanceof CallFailure && error.cause.status === grpcStatus.permissionDenied
    if (!isForbidden) throw error
  }
}
