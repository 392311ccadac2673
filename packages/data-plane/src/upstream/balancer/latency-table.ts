import { LRUCache } from 'lru-cache'

interface Latency {
  readonly averageMs: number
  readonly atMs: number
}

const decayMs = 10_000
const lifeMs = 60_000
const maxNodes = 10_000

/**
 * How long nodes have taken lately: an exponentially decayed average, kept by address for all upstreams of the worker,
 * and for a minute (data-plane.md 5.4).
 */
export class LatencyTable {
  readonly #now: () => number
  readonly #byAddress = new LRUCache<string, Latency>({ max: maxNodes })

  constructor (now: () => number) {
    this.#now = now
  }

  add (address: string, durationMs: number): void {
    const before = this.#byAddress.get(address)
    const weight = before === undefined ? 0 : this.#weightOf(before)
    this.#byAddress.set(address, { averageMs: (before?.averageMs ?? 0) * weight + durationMs * (1 - weight), atMs: this.#now() })
  }

  /** Falls with time, so that a node which was slow is tried again; 0 for one that nothing is known of. */
  of (address: string): number {
    const latency = this.#byAddress.get(address)
    return latency === undefined ? 0 : latency.averageMs * this.#weightOf(latency)
  }

  #weightOf ({ atMs }: Latency): number {
    const ageMs = Math.max(0, this.#now() - atMs)
    return ageMs >= lifeMs ? 0 : Math.exp(-ageMs / decayMs)
  }
}
