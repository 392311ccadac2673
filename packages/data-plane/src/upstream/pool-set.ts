import { ConnectionPool, type PoolOptions } from './connection-pool.ts'
import { SessionPool } from './http2/session-pool.ts'
import type { UpstreamTlsMakings } from './tls/upstream-tls.ts'

export type NodePool = ConnectionPool | SessionPool

/** A counted hold on a pool; whoever took it lets it go once. */
export interface PoolHold {
  readonly pool: NodePool
  release (): void
}

/**
 * The worker's connection pools, one for each node and way to connect to it, shared by every upstream that means the
 * same. A pool lives as long as a compiled upstream holds it: those of the current snapshot and of the ones that drain.
 */
export class PoolSet {
  readonly #makings: UpstreamTlsMakings
  readonly #pools = new Map<string, { readonly pool: NodePool, holds: number }>()

  constructor (makings: UpstreamTlsMakings) {
    this.#makings = makings
  }

  hold (kind: NodePool['kind'], options: PoolOptions): PoolHold {
    const key = `${kind} ${JSON.stringify(options)}`
    const known = this.#pools.get(key)
    const entry = known ?? { pool: kind === 'http1' ? new ConnectionPool(options, this.#makings) : new SessionPool(options, this.#makings), holds: 0 }
    if (known === undefined) this.#pools.set(key, entry)
    entry.holds++
    let held = true
    return {
      pool: entry.pool,
      release: () => {
        if (!held) return
        held = false
        if (--entry.holds > 0) return
        this.#pools.delete(key)
        entry.pool.close().catch(ignore)
      }
    }
  }

  get size (): number { return this.#pools.size }

  /** For the end of the worker: idle connections end now, the others with their requests. */
  async close (): Promise<void> {
    const closing = [...this.#pools.values()].map(({ pool }) => pool.close())
    this.#pools.clear()
    await Promise.all(closing)
  }
}

function ignore (): void {}
