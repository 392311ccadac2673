import { hostname } from 'node:os'
import { randomUUID } from 'node:crypto'
import { StoreError, type Store, type StoreEvent } from '@clinch/store'
import type { Logger } from 'pino'

/**
 * Staples that the nodes of a cluster share through the store: DER only, which every node verifies itself, since a
 * writer in the store shall not be able to make a verdict. One node fetches, under a lease; the others wait for what
 * it brings (ocsp.md 8.2). A node whose user may not write there fetches for itself.
 */
export class StapleShare {
  readonly #store: Store
  readonly #prefix: string
  readonly #log: Logger
  /** Stands in the leases that this machine holds, for whoever looks into the store. */
  readonly node = `${hostname()}/${randomUUID()}`
  readonly #waiting = new Map<string, Set<() => void>>()
  #mayWrite = true

  /** @param prefix - the store's, such as `/apisix` */
  constructor (store: Store, prefix: string, log: Logger) {
    this.#store = store
    this.#prefix = `${prefix}/clinch/ocsp`
    this.#log = log
  }

  /** Undefined when there is none, or when the store is away. */
  async read (key: string): Promise<Buffer | undefined> {
    const entry = await this.#store.get(this.#stapleKey(key)).catch(undefinedIfAway)
    return entry === undefined ? undefined : Buffer.from(entry.value, 'base64')
  }

  /** Kept in the store until its usable end. A store that is away is no reason to fail. */
  async write (key: string, der: Buffer, usableForMs: number): Promise<void> {
    const ttlSeconds = Math.max(2, Math.floor(usableForMs / 1000))
    await this.#writing(async () => await this.#store.put(this.#stapleKey(key), der.toString('base64'), { ttlSeconds }))
  }

  async remove (key: string): Promise<void> {
    await this.#writing(async () => await this.#store.delete(this.#stapleKey(key)))
  }

  /** Whether this node is the one to fetch now. With the store away, or closed to it, every node is. */
  async acquire (key: string, ttlMs: number): Promise<boolean> {
    const swap = await this.#writing(async () => await this.#store.compareAndSwap(this.#leaseKey(key), 0, this.node, { ttlSeconds: Math.ceil(ttlMs / 1000) }))
    return swap === undefined || swap.kind === 'swapped'
  }

  async release (key: string): Promise<void> {
    if (!this.#mayWrite) return
    const entry = await this.#store.get(this.#leaseKey(key)).catch(undefinedIfAway)
    if (entry?.value === this.node) await this.#writing(async () => await this.#store.delete(this.#leaseKey(key)))
  }

  /** Resolves when another node's fetch is over, well or not, or after the longest time that its lease can last. */
  async fetchedElsewhere (key: string, ttlMs: number): Promise<void> {
    await new Promise<void>(resolve => {
      const waiting = this.#waiting.get(key) ?? new Set()
      this.#waiting.set(key, waiting)
      const done = () => {
        clearTimeout(timer)
        waiting.delete(done)
        if (waiting.size === 0) this.#waiting.delete(key)
        resolve()
      }
      const timer = setTimeout(done, ttlMs + 1000)
      waiting.add(done)
    })
  }

  /** An event of the machine's one watch: the key and DER of a staple that another node brought, if it is one. */
  take (event: StoreEvent): { readonly key: string, readonly der: Buffer } | undefined {
    const path = event.kind === 'put' ? event.entry.key : event.key
    if (!path.startsWith(`${this.#prefix}/`)) return undefined
    const [kind, key] = path.slice(this.#prefix.length + 1).split('/')
    if (key === undefined) return undefined
    if (kind === 'leases' && event.kind === 'delete') this.#wake(key)
    if (kind !== 'staples' || event.kind === 'delete') return undefined
    return { key, der: Buffer.from(event.entry.value, 'base64') }
  }

  /** Undefined when it could not be done. Who was refused once does not try again. */
  async #writing<T> (write: () => Promise<T>): Promise<T | undefined> {
    if (!this.#mayWrite) return undefined
    return await write().catch((error: unknown) => {
      if (error instanceof StoreError && error.code === 'STORE_ERR_UNAUTHORIZED' && this.#mayWrite) {
        this.#mayWrite = false
        this.#log.info({ err: error, prefix: this.#prefix }, 'staples are not shared: this machine may not write to the store, and asks responders for itself')
      }
      return undefinedIfAway(error)
    })
  }

  #wake (key: string): void {
    for (const done of [...this.#waiting.get(key) ?? []]) done()
  }

  #stapleKey (key: string): string { return `${this.#prefix}/staples/${key}` }

  #leaseKey (key: string): string { return `${this.#prefix}/leases/${key}` }
}

function undefinedIfAway (error: unknown): undefined {
  if (!(error instanceof StoreError)) throw error
  return undefined
}
