import { setTimeout as delay } from 'node:timers/promises'
import type { PluginHost } from '../../contract/host.ts'
import { CONTINUE } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { createAbsentKey } from '../../limiting/absent-key.ts'
import { openRedis } from '../../limiting/redis/open-redis.ts'
import { rejectionsOf } from '../../limiting/rejection.ts'
import { compileClaims } from './compile-claims.ts'
import { delayMsOf } from './concurrency.ts'
import { createSlotPart, machineSlots } from './machine-slots.ts'
import { redisSlots } from './redis-slots.ts'
import { checkLimitConn, schema, type LimitConnConf } from './schema.ts'
import type { Slots, Taken } from './slots.ts'

/** What a request holds. It may be over before it is known what it got. */
interface Stay {
  taken: Taken | undefined
  isOver: boolean
}

/** Limits how many requests of each key are under way at a time. */
export default {
  name: 'limit-conn',
  version: 0.1,
  priority: 1003,
  schema,
  encryptFields: ['redis_password'],
  check: checkLimitConn,
  machine: createSlotPart,

  create (conf, host, scope) {
    const { log } = host
    const claimsOf = compileClaims(conf, scope, createAbsentKey(host, scope))
    const slots = openSlots(conf, host)
    const { rejected, undecided } = rejectionsOf(conf)
    const note = Symbol('limit-conn')

    return {
      async access (context) {
        const claims = claimsOf(context)
        if (claims === undefined || claims.length === 0) {
          log.error({ reqId: context.id, object: scope.ownerKey }, claims === undefined ? 'conn or burst does not come to a whole number' : 'no rule of limit-conn applies')
          return undecided
        }
        const stay: Stay = { taken: undefined, isOver: false }
        context.notes.set(note, stay)
        try {
          stay.taken = await slots.take(claims)
        } catch (err) {
          log.error({ err, reqId: context.id, object: scope.ownerKey }, 'failed to limit conn')
          return undecided
        }
        if (stay.isOver) stay.taken.leave()
        const { active } = stay.taken
        if (active.length < claims.length) return rejected
        const delayMs = Math.max(...active.map((count, at) => delayMsOf(count, claims[at]?.[1] ?? count, conf.default_conn_delay)))
        if (delayMs > 0) await delay(delayMs)
        return CONTINUE
      },

      log (context) {
        const stay = context.notes.get(note) as Stay | undefined // put there by access
        if (stay === undefined) return
        stay.isOver = true
        stay.taken?.leave()
      },

      close: () => slots.close()
    }
  }
} satisfies Plugin<typeof schema>

function openSlots (conf: LimitConnConf, host: PluginHost): Slots {
  const redis = openRedis(conf, host)
  return redis === undefined ? machineSlots(host.machine, host.share) : redisSlots(redis, conf.key_ttl * 1000, host.log)
}
