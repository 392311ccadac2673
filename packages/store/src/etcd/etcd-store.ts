import type { IDeleteRangeResponse, IKeyValue, ILeaseGrantResponse, IPutResponse, IRangeResponse, ITxnResponse } from 'etcd3'
import { StoreError } from '../errors.ts'
import { keyRangeOf } from '../key-range.ts'
import { checkKey, checkWrite } from '../limits.ts'
import type { StoreLog } from '../log.ts'
import type { ListResult, PutOptions, PutResult, RemoteStore, StoredEntry, StoreWatch, SwapResult, WatchOptions } from '../store.ts'
import { checkCluster } from './check-cluster.ts'
import type { Cluster, ClusterCall } from './cluster.ts'
import { entryOf, readRange } from './range-read.ts'
import { EtcdWatch } from './watch.ts'

export interface EtcdStoreParts {
  readonly cluster: Cluster
  readonly watchSilenceMs: number
  readonly log: StoreLog
}

/** The operations of a Store in the words of etcd's protocol. */
export class EtcdStore implements RemoteStore {
  readonly kind = 'etcd'
  readonly #parts: EtcdStoreParts
  readonly #watches = new Set<StoreWatch>()
  #isOpen = true

  constructor (parts: EtcdStoreParts) {
    this.#parts = parts
  }

  async check (): Promise<void> {
    this.#checkOpen()
    await checkCluster(this.#parts.cluster)
  }

  async get (key: string): Promise<StoredEntry | undefined> {
    checkKey(key)
    const { kvs } = await this.#call<IRangeResponse>({ service: 'KV', method: 'range', kind: 'read', request: { key: Buffer.from(key) } })
    return maybeEntryOf(kvs[0])
  }

  async list (prefix: string): Promise<ListResult> {
    this.#checkOpen()
    return await readRange(this.#parts.cluster, prefix)
  }

  async put (key: string, value: string, options?: PutOptions): Promise<PutResult> {
    checkWrite(key, value, options?.ttlSeconds)
    const lease = await this.#grantLease(options)
    const request = { key: Buffer.from(key), value: Buffer.from(value), lease, prev_kv: true }
    const answer = await this.#call<IPutResponse>({ service: 'KV', method: 'put', kind: 'write', request })
    return { revision: Number(answer.header.revision), previous: maybeEntryOf(answer.prev_kv) }
  }

  async delete (key: string): Promise<PutResult> {
    checkKey(key)
    const request = { key: Buffer.from(key), prev_kv: true }
    const answer = await this.#call<IDeleteRangeResponse>({ service: 'KV', method: 'deleteRange', kind: 'write', request })
    return { revision: Number(answer.header.revision), previous: maybeEntryOf(answer.prev_kvs[0]) }
  }

  async deletePrefix (prefix: string): Promise<{ readonly revision: number, readonly deleted: number }> {
    const { start, end } = keyRangeOf(prefix)
    const answer = await this.#call<IDeleteRangeResponse>({ service: 'KV', method: 'deleteRange', kind: 'write', request: { key: start, range_end: end } })
    return { revision: Number(answer.header.revision), deleted: Number(answer.deleted) }
  }

  async compareAndSwap (key: string, expectedModRevision: number, value: string, options?: PutOptions): Promise<SwapResult> {
    checkWrite(key, value, options?.ttlSeconds)
    const lease = await this.#grantLease(options)
    const keyBytes = Buffer.from(key)
    const request = {
      compare: [{ key: keyBytes, target: 'Mod', result: 'Equal', mod_revision: expectedModRevision }],
      success: [{ request_put: { key: keyBytes, value: Buffer.from(value), lease } }]
    }
    const answer = await this.#call<ITxnResponse>({ service: 'KV', method: 'txn', kind: 'write', request })
    return answer.succeeded ? { kind: 'swapped', revision: Number(answer.header.revision) } : { kind: 'changed' }
  }

  watch (prefix: string, options: WatchOptions): StoreWatch {
    this.#checkOpen()
    const { cluster, watchSilenceMs, log } = this.#parts
    const watch = new EtcdWatch({ cluster, prefix, watch: options, silenceMs: watchSilenceMs, log })
    const close = async (): Promise<void> => {
      this.#watches.delete(handle)
      await watch.close()
    }
    const handle = { close }
    this.#watches.add(handle)
    watch.start()
    return handle
  }

  /** Ends the watches and cancels what is in flight: a write that has no answer yet may or may not have happened. */
  async close (): Promise<void> {
    this.#isOpen = false
    await Promise.all([...this.#watches].map(watch => watch.close()))
    this.#parts.cluster.close()
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.close()
  }

  /** A lease whose write then fails holds no key and ends by itself. */
  async #grantLease (options: PutOptions | undefined): Promise<string | undefined> {
    if (options?.ttlSeconds === undefined) return undefined
    const request = { TTL: options.ttlSeconds }
    return (await this.#call<ILeaseGrantResponse>({ service: 'Lease', method: 'leaseGrant', kind: 'write', request })).ID
  }

  async #call<T> (call: ClusterCall): Promise<T> {
    this.#checkOpen()
    return (await this.#parts.cluster.call<T>(call)).answer
  }

  #checkOpen (): void {
    if (!this.#isOpen) throw new StoreError('STORE_ERR_CLOSED')
  }
}

function maybeEntryOf (kv: IKeyValue | null | undefined): StoredEntry | undefined {
  return kv === null || kv === undefined ? undefined : entryOf(kv)
}
