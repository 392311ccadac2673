import type { MachineHost, MachineLink, MachinePart } from '../../contract/machine.ts'
import type { Shared } from '../../contract/shared.ts'
import { redisScript, type RedisConnection } from '../../limiting/redis/redis-connection.ts'
import { StateTable } from '../../limiting/state-table.ts'
import { isDry, pour, type Bucket, type BucketLimit } from './leaky-bucket.ts'

/** Where the buckets stand. */
export interface Buckets {
  /** The excess with this request; undefined when it is refused. Rejects when it cannot be told. */
  pour (name: string, limit: BucketLimit): Promise<number | undefined>
  close (): void
}

type Question = readonly [name: string, rate: number, burst: number]

/** Buckets of the machine, in the primary. */
export function createBucketPart ({ log, now, attr }: MachineHost<{ readonly max_keys: number }>): MachinePart {
  const buckets = new StateTable<Bucket & { readonly rate: number }>({ log, maxKeys: () => attr().max_keys, isOver: (bucket, nowMs) => isDry(bucket, bucket.rate, nowMs) })
  return {
    handle (question): number | undefined {
      const [name, rate, burst] = question as Question // machineBuckets sends it
      const nowMs = now()
      const bucket = pour(buckets.get(name, nowMs), { rate, burst }, nowMs)
      if (bucket !== undefined) buckets.set(name, { ...bucket, rate }, nowMs)
      return bucket?.excess
    }
  }
}

/** Policy `local`. */
export function machineBuckets (machine: MachineLink): Buckets {
  return {
    pour: async (name, { rate, burst }) => await machine.ask([name, rate, burst] satisfies Question) as number | undefined, // createBucketPart answers
    close () {}
  }
}

/** The same as `pour`, by the clock of redis. @returns the excess, or nothing when it is refused */
const pourInRedis = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'excess', 'at')
local excess = 0
if held[1] then
  local elapsed = math.max(now - tonumber(held[2]), 0) / 1000
  excess = math.max(tonumber(held[1]) - rate * elapsed + 1, 0)
  if excess > burst then return false end
end
redis.call('HSET', KEYS[1], 'excess', tostring(excess), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((excess + 1) / rate * 1000))
return tostring(excess)
`)

/** Buckets in redis. */
export function redisBuckets (redis: Shared<RedisConnection>): Buckets {
  return {
    async pour (name, { rate, burst }) {
      const excess = await redis.value.run(pourInRedis, `clinch:limit-req:${name}`, [rate, burst])
      return excess === null ? undefined : Number(excess)
    },
    close: () => redis.release()
  }
}
