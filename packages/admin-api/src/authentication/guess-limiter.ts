import { createHash } from 'node:crypto'
import { originOf } from '@clinch/plugins'
import { LRUCache } from 'lru-cache'

export type GuessVerdict =
  | { readonly kind: 'pass' }
  /** `isFirst`: this address was not made to wait before. */
  | { readonly kind: 'wait', readonly seconds: number, readonly isFirst: boolean }

interface Bucket { tokens: number, atMs: number, waits: boolean }

const mostRemembered = 10_000
const minuteMs = 60_000

/**
 * Makes an address wait that tries many different keys. What it costs is a wrong key that was not sent before: a
 * script that goes on with a key of yesterday is refused each time and spends nothing, so it cannot lock out those
 * behind the same address. While an address waits, a right key is refused there like a wrong one, or the guessing
 * would go on; but a key that was accepted from there before stays welcome.
 */
export class GuessLimiter {
  readonly #now: () => number
  readonly #buckets = new LRUCache<string, Bucket>({ max: mostRemembered })
  readonly #tried = new LRUCache<string, true>({ max: mostRemembered })
  readonly #welcome = new LRUCache<string, true>({ max: mostRemembered })

  /** @param now - epoch milliseconds */
  constructor (now: () => number) {
    this.#now = now
  }

  /**
   * @param perMinute - different wrong keys that an address has in a minute, and at once; 0 for any number
   */
  judge (key: { readonly sent: string, readonly isRight: boolean }, address: string, perMinute: number): GuessVerdict {
    if (perMinute === 0) return { kind: 'pass' }
    const origin = originOf(address)
    const attempt = `${origin} ${createHash('sha256').update(key.sent).digest('base64')}`
    const known = key.isRight ? this.#welcome : this.#tried
    if (known.get(attempt) === true) return { kind: 'pass' }
    const bucket = this.#refilled(origin, perMinute)
    if (bucket.tokens < 1) {
      const isFirst = !bucket.waits
      bucket.waits = true
      return { kind: 'wait', seconds: Math.ceil((1 - bucket.tokens) * minuteMs / perMinute / 1000), isFirst }
    }
    bucket.waits = false
    if (!key.isRight) bucket.tokens--
    known.set(attempt, true)
    return { kind: 'pass' }
  }

  #refilled (origin: string, perMinute: number): Bucket {
    const nowMs = this.#now()
    const bucket = this.#buckets.get(origin) ?? { tokens: perMinute, atMs: nowMs, waits: false }
    bucket.tokens = Math.min(perMinute, bucket.tokens + Math.max(0, nowMs - bucket.atMs) * perMinute / minuteMs)
    bucket.atMs = nowMs
    this.#buckets.set(origin, bucket)
    return bucket
  }
}
