import type { CreateHost } from '../../contract/host.ts'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import { createAbsentKey } from '../../limiting/absent-key.ts'
import { KeptKeysSchema } from '../../limiting/kept-keys.ts'
import { openRedis } from '../../limiting/redis/open-redis.ts'
import { rejectionsOf } from '../../limiting/rejection.ts'
import { checkLimitCount } from './check.ts'
import { compileRules, type CompiledRule } from './compile-rules.ts'
import { DelayedCounters } from './delayed-counters.ts'
import { createCountingPart, machineCounters } from './machine-counters.ts'
import { fieldNames, rateLimitingInfo, setQuotaFields, type ToldQuota } from './quota-fields.ts'
import type { Counters, Hit } from './quota.ts'
import { RedisCounters } from './redis-counters.ts'
import { metadataSchema, schema, type LimitCountConf } from './schema.ts'

interface Attr { readonly max_keys: number }
interface Metadata { readonly limit_header: string, readonly remaining_header: string, readonly reset_header: string }

const infoNote = Symbol('rate_limiting_info')
const defaultNames = fieldNames('X')

/** Counts the requests of each key in a window of time, and rejects those beyond a number. */
export default {
  name: 'limit-count',
  version: 0.4,
  priority: 1002,
  schema,
  metadataSchema,
  attrSchema: KeptKeysSchema,
  encryptFields: ['redis_password', 'sentinel_password'],
  groupMismatch: 'group conf mismatched',
  variables: { rate_limiting_info: ({ notes }) => rateLimitingInfo((notes.get(infoNote) ?? []) as readonly ToldQuota[]) }, // access puts them there
  check: checkLimitCount,
  machine: createCountingPart,

  create (conf, host, scope) {
    const { log } = host
    const rules = compileRules(conf, scope, createAbsentKey(host, scope))
    const counters = openCounters(conf, host)
    const { rejected, undecided } = rejectionsOf(conf)
    const broken: PhaseResult = conf.allow_degradation ? CONTINUE : Object.freeze({ kind: 'respond', response: { status: 500, body: { error_msg: 'failed to limit count' } } })
    const note = Symbol('limit-count')

    return {
      async access (context) {
        const { applying, isResolved } = applyRules(rules, context)
        if (!isResolved || applying.length === 0) {
          log.error({ reqId: context.id, object: scope.ownerKey }, isResolved ? 'no rule of limit-count applies' : 'count or time_window does not come to a positive integer')
          return undecided
        }
        try {
          const outcomes = await counters.count(applying.map(({ hit }) => hit))
          const told = outcomes.map((outcome, at) => ({ ...applying[at] as Applying, outcome })) // one for each that was looked at
          context.notes.set(note, told)
          context.notes.set(infoNote, told)
          return outcomes.at(-1)?.isAccepted === true ? CONTINUE : rejected
        } catch (err) {
          log.error({ err, reqId: context.id, object: scope.ownerKey }, 'failed to limit count')
          return broken
        }
      },

      ...(conf.show_limit_quota_header
        ? {
            headerFilter (context, response) {
              const told = context.notes.get(note) as readonly ToldQuota[] | undefined // put there by access
              if (told !== undefined) setQuotaFields(response, told, (host.metadata() ?? defaultNames) as Metadata) // checked against metadataSchema
            }
          }
        : {}),

      close: () => counters.close()
    }
  }
} satisfies Plugin<typeof schema, typeof KeptKeysSchema>

interface Applying extends Omit<ToldQuota, 'outcome'> { readonly hit: Hit }

function applyRules (rules: readonly CompiledRule[], context: RequestContext): { readonly applying: readonly Applying[], readonly isResolved: boolean } {
  const applying: Applying[] = []
  for (const rule of rules) {
    const resolved = rule.resolve(context)
    if (resolved.kind === 'unresolved') return { applying, isResolved: false }
    if (resolved.kind === 'hit') applying.push({ hit: resolved.hit, key: resolved.key, limit: resolved.hit[1], headerPrefix: rule.headerPrefix })
  }
  return { applying, isResolved: true }
}

function openCounters (conf: LimitCountConf, host: CreateHost<Attr>): Counters {
  const redis = openRedis(conf, host)
  if (redis === undefined) return machineCounters(host.machine)
  const remote = new RedisCounters(redis)
  if (conf.sync_interval === -1) return remote
  return new DelayedCounters(remote, { intervalMs: conf.sync_interval * 1000, maxKeys: () => host.attr.max_keys, now: host.now, log: host.log })
}
