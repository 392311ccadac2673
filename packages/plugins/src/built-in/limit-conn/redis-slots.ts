import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Shared } from '../../contract/shared.ts'
import { redisScript, type RedisConnection } from '../../limiting/redis/redis-connection.ts'
import type { Slots, Taken } from './slots.ts'

/**
 * Takes a place: a sorted set of those who are active, by when they are given up, so that a gateway that died frees its own.
 *
 * @returns how many are active with this one, or nothing when there is no place
 */
const takePlace = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl = tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local active = redis.call('ZCARD', KEYS[1]) + 1
if active > tonumber(ARGV[2]) then return false end
redis.call('ZADD', KEYS[1], now + ttl, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ttl)
return active
`)

const leavePlace = redisScript('return redis.call(\'ZREM\', KEYS[1], ARGV[1])')

const keyPrefix = 'clinch:limit-conn:'

/** Active requests in redis: of all gateways that name the same. */
export function redisSlots (redis: Shared<RedisConnection>, ttlMs: number, log: Logger): Slots {
  return {
    async take (claims): Promise<Taken> {
      const id = randomUUID()
      const active: number[] = []
      let tried = 0
      const leave = (): void => {
        for (const [name] of claims.slice(0, tried)) {
          redis.value.run(leavePlace, keyPrefix + name, [id]).catch((err: unknown) => log.warn({ err }, 'a place could not be given back to redis, it is given up after key_ttl'))
        }
      }
      try {
        for (const [name, conn, burst] of claims) {
          tried++
          const count = await redis.value.run(takePlace, keyPrefix + name, [id, conn + burst, ttlMs]) as number | null // what the script returns
          if (count === null) break
          active.push(count)
        }
      } catch (err) {
        leave() // what did not answer in time may have been carried out
        throw err
      }
      return { active, leave }
    },
    close: () => redis.release()
  }
}
