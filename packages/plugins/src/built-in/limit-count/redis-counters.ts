import type { Shared } from '../../contract/shared.ts'
import { redisScript, type RedisConnection } from '../../limiting/redis/redis-connection.ts'
import { countInTurn } from './count-in-turn.ts'
import { judgeFixedWindow, type FixedWindow } from './fixed-window.ts'
import type { Counters, Hit, Outcome } from './quota.ts'
import { judgeSlidingWindow, type SlidingCounts } from './sliding-window.ts'

/** Adds to a fixed window. @returns how many there are now, and the milliseconds that are left */
const addFixed = redisScript(`
local used = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return {used, left}
`)

/**
 * Adds to a sliding window by the clock of redis, so that gateways need not agree on the time: with a count in ARGV[2] one
 * request if it is below it, else as many as ARGV[3] says.
 *
 * @returns the counts as they were before, and the milliseconds since the window began
 */
const addSliding = redisScript(`
local time = redis.call('TIME')
local window = tonumber(ARGV[1])
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local index = math.floor(now / window)
local elapsed = now - index * window
local held = redis.call('HMGET', KEYS[1], 'index', 'current', 'previous')
local at = tonumber(held[1])
local current, previous = 0, 0
if at == index then
  current, previous = tonumber(held[2]), tonumber(held[3])
elseif at == index - 1 then
  previous = tonumber(held[2])
end
local added = tonumber(ARGV[3])
local count = tonumber(ARGV[2])
if count > 0 then
  local estimate = current + math.min(previous, count) * (1 - elapsed / window)
  added = (current < count and estimate < count) and 1 or 0
end
redis.call('HSET', KEYS[1], 'index', index, 'current', current + added, 'previous', previous)
redis.call('PEXPIRE', KEYS[1], 2 * window)
return {current, previous, elapsed}
`)

const fixedPrefix = 'clinch:limit-count:fixed:'
const slidingPrefix = 'clinch:limit-count:sliding:'

/** Counters in redis: for all gateways that name the same. */
export class RedisCounters implements Counters {
  readonly #redis: Shared<RedisConnection>

  constructor (redis: Shared<RedisConnection>) {
    this.#redis = redis
  }

  async count (hits: readonly Hit[]): Promise<readonly Outcome[]> {
    return await countInTurn(hits, async hit => await this.#count(hit))
  }

  /** Adds requests that were counted elsewhere. @returns the window with them */
  async addFixed (name: string, windowMs: number, added: number): Promise<{ used: FixedWindow['used'], leftMs: number }> {
    const [used, leftMs] = await this.#redis.value.run(addFixed, fixedPrefix + name, [added, windowMs]) as [number, number] // what the script returns
    return { used, leftMs }
  }

  /** @returns the window without them */
  async addSliding (name: string, windowMs: number, added: number): Promise<SlidingCounts> {
    return await this.#slide(name, windowMs, 0, added)
  }

  close (): void {
    this.#redis.release()
  }

  async #count ([name, count, windowMs, isSliding]: Hit): Promise<Outcome> {
    if (isSliding) return judgeSlidingWindow(await this.#slide(name, windowMs, count, 0), { count, windowMs })
    const { used, leftMs } = await this.addFixed(name, windowMs, 1)
    return judgeFixedWindow(used, leftMs, count)
  }

  async #slide (name: string, windowMs: number, count: number, added: number): Promise<SlidingCounts> {
    const [current, previous, elapsedMs] = await this.#redis.value.run(addSliding, slidingPrefix + name, [windowMs, count, added]) as [number, number, number] // what the script returns
    return { current, previous, elapsedMs }
  }
}
