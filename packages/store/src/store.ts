/** One key of the store. Revisions are the store's own counter: they grow with every write and are never reused. */
export interface StoredEntry {
  readonly key: string
  /** UTF-8 text; JSON for objects, and the literal `init_dir` for the placeholders. */
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
}

export type StoreEvent =
  | { readonly kind: 'put', readonly entry: StoredEntry }
  | { readonly kind: 'delete', readonly key: string, readonly modRevision: number }

/**
 * Events of one or more whole transactions, in order; `revision` is the newest revision they bring the reader to. It
 * grows from batch to batch, except when the store itself was restored from a backup.
 */
export interface StoreBatch {
  readonly revision: number
  readonly events: readonly StoreEvent[]
}

export interface PutOptions {
  /** Seconds after which the key disappears. Absent: it stays, also when it had an end before. */
  readonly ttlSeconds?: number
}

export interface PutResult {
  readonly revision: number
  readonly previous: StoredEntry | undefined
}

export interface ListResult {
  /** In byte order of the keys; of a document, in its own order. */
  readonly entries: readonly StoredEntry[]
  /** The revision the list shows; a watch from `revision + 1` misses nothing. */
  readonly revision: number
}

export type SwapResult =
  | { readonly kind: 'swapped', readonly revision: number }
  | { readonly kind: 'changed' }

export interface WatchOptions {
  /** The first revision to be told of. */
  readonly fromRevision: number
  /**
   * What the watcher already knows, key to modRevision. After a compaction the store lists again and tells the
   * difference to this and to what it delivered since, so that nothing is lost or told twice. Likewise when the store
   * was restored from a backup. Without it, what is older than `fromRevision` is taken as known.
   */
  readonly known?: ReadonlyMap<string, number>
  /**
   * `known` is what was kept while the store could not be asked: the first that is told is its difference to the whole
   * list, however little may have happened since, and then that the connection is there.
   */
  readonly listFirst?: boolean
  /** Called in order, one batch at a time, and never after `close`. What it throws is not caught. */
  readonly onBatch: (batch: StoreBatch) => void
  /**
   * The connection was lost (`false`) or is back (`true`); the watch goes on by itself. A first connection that
   * succeeds is not told, except with `listFirst`, where a first one that fails is not told.
   */
  readonly onConnected?: (connected: boolean) => void
}

export interface StoreWatch {
  close (): Promise<void>
}

/**
 * The configuration store. Every call rejects with a `StoreError`; a key that is not there is a value, not an error.
 * A write that rejects with STORE_ERR_UNAVAILABLE may have been done all the same; the store never does one twice.
 */
export interface Store extends AsyncDisposable {
  readonly kind: 'embedded' | 'etcd' | 'document'
  get (key: string): Promise<StoredEntry | undefined>
  /** Every key that starts with `prefix`. */
  list (prefix: string): Promise<ListResult>
  put (key: string, value: string, options?: PutOptions): Promise<PutResult>
  /** Resolves with what was deleted. */
  delete (key: string): Promise<{ readonly revision: number, readonly previous: StoredEntry | undefined }>
  /** Deletes every key that starts with `prefix`, in one transaction. */
  deletePrefix (prefix: string): Promise<{ readonly revision: number, readonly deleted: number }>
  /** Writes only if the key's modRevision is still `expectedModRevision`; 0 means that the key must not exist. */
  compareAndSwap (key: string, expectedModRevision: number, value: string, options?: PutOptions): Promise<SwapResult>
  /** @throws StoreError STORE_ERR_CLOSED */
  watch (prefix: string, options: WatchOptions): StoreWatch
  close (): Promise<void>
}

/** A store that may be away when it is opened. */
export interface RemoteStore extends Store {
  /**
   * Asks whether it can be worked with, once and for some seconds at most.
   *
   * @throws StoreError STORE_ERR_UNAVAILABLE when no member answers or there is no leader, STORE_ERR_UNAUTHORIZED when user
   * or password are wrong or missing, STORE_ERR_REFUSED for a version that is too old
   */
  check (): Promise<void>
}
