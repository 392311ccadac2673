import { setTimeout as delay } from 'node:timers/promises'
import { StringEnum, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'
import type { PluginHost } from '../../contract/host.ts'
import { CONTINUE } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { createAbsentKey } from '../../limiting/absent-key.ts'
import { counterName, counterPrefix } from '../../limiting/counter-name.ts'
import { compileLimiterKey } from '../../limiting/limiter-key.ts'
import { KeptKeysSchema } from '../../limiting/kept-keys.ts'
import { openRedis } from '../../limiting/redis/open-redis.ts'
import { readPolicy, redisFields } from '../../limiting/redis/redis-policies.ts'
import { rejectionFields, rejectionsOf } from '../../limiting/rejection.ts'
import { createBucketPart, machineBuckets, redisBuckets, type Buckets } from './buckets.ts'
import { delayMsOf } from './leaky-bucket.ts'

const schema = Type.Object({
  rate: Type.Number({ exclusiveMinimum: 0, description: 'requests a second' }),
  burst: Type.Number({ minimum: 0, description: 'requests beyond the rate that wait instead of being rejected' }),
  key: Type.String(),
  key_type: WithDefault(StringEnum(['var', 'var_combination'], { default: 'var' })),
  nodelay: WithDefault(Type.Boolean({ default: false, description: 'requests within the burst do not wait' })),
  policy: WithDefault(StringEnum(['local', 'redis', 'redis-cluster'], { default: 'local' })),
  ...rejectionFields,
  ...redisFields(['redis', 'redis-cluster'])
})

/** Lets the requests of each key go on at a rate: a leaky bucket. */
export default {
  name: 'limit-req',
  version: 0.1,
  priority: 1001,
  schema,
  attrSchema: KeptKeysSchema,
  encryptFields: ['redis_password'],

  check (conf) {
    const policy = readPolicy(conf)
    return policy.kind === 'invalid' ? policy.message : undefined
  },

  machine: createBucketPart,

  create (conf, host, scope) {
    const { rate, burst, nodelay } = conf
    const keyOf = compileLimiterKey({ kind: conf.key_type, text: conf.key })
    const absentKey = createAbsentKey(host, scope)
    const prefix = counterPrefix(scope.ownerKey, conf)
    const buckets = openBuckets(conf, host)
    const { rejected, undecided } = rejectionsOf(conf)

    return {
      async access (context) {
        let excess: number | undefined
        try {
          excess = await buckets.pour(counterName(prefix, keyOf(context) ?? absentKey(context)), { rate, burst })
        } catch (err) {
          host.log.error({ err, reqId: context.id, object: scope.ownerKey }, 'failed to limit req')
          return undecided
        }
        if (excess === undefined) return rejected
        const delayMs = nodelay ? 0 : delayMsOf(excess, rate)
        if (delayMs > 0) await delay(delayMs)
        return CONTINUE
      },

      close: () => buckets.close()
    }
  }
} satisfies Plugin<typeof schema, typeof KeptKeysSchema>

function openBuckets (conf: Static<typeof schema>, host: PluginHost): Buckets {
  const redis = openRedis(conf, host)
  return redis === undefined ? machineBuckets(host.machine) : redisBuckets(redis)
}
