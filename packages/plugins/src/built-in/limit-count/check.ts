import { isFieldName } from '../../header/field-name.ts'
import { isHopeless } from '../../limiting/quantity.ts'
import { readPolicy } from '../../limiting/redis/redis-policies.ts'
import type { LimitCountConf } from './schema.ts'

const leastIntervalS = 0.1

/** What the schema cannot say. */
export function checkLimitCount (conf: LimitCountConf): string | undefined {
  const { count, time_window: windowS, rules, group } = conf
  if (rules !== undefined && (count !== undefined || windowS !== undefined)) return 'count/time_window and rules cannot be specified at the same time'
  if (rules !== undefined && group !== undefined) return 'group and rules cannot be specified at the same time'
  const policy = readPolicy(conf)
  if (policy.kind === 'invalid') return policy.message
  return duplicateKey(conf) ?? badPrefix(conf) ?? badNumber(conf) ?? (policy.kind === 'redis' ? badInterval(conf) : undefined)
}

function quotasOf ({ count = 0, time_window: windowS = 0, rules }: LimitCountConf): NonNullable<LimitCountConf['rules']> {
  return rules ?? [{ count, time_window: windowS, key: '' }]
}

function duplicateKey ({ rules = [] }: LimitCountConf): string | undefined {
  const keys = rules.map(({ key }) => key)
  const twice = keys.find((key, at) => keys.indexOf(key) !== at)
  return twice === undefined ? undefined : `duplicate key '${twice}' in rules`
}

function badPrefix ({ rules = [] }: LimitCountConf): string | undefined {
  const bad = rules.find(({ header_prefix: prefix }) => prefix !== undefined && !isFieldName(prefix))
  return bad === undefined ? undefined : `invalid header_prefix: ${bad.header_prefix}`
}

function badNumber (conf: LimitCountConf): string | undefined {
  for (const { count, time_window: windowS } of quotasOf(conf)) {
    for (const [name, quantity] of [['count', count], ['time_window', windowS]] as const) {
      if (isHopeless(quantity, 1)) return `${name} must be a positive integer or a template of one: ${quantity}`
    }
  }
  return undefined
}

function badInterval (conf: LimitCountConf): string | undefined {
  const { sync_interval: intervalS } = conf
  if (intervalS === -1) return undefined
  if (intervalS < leastIntervalS) return `sync_interval should not be smaller than ${leastIntervalS}`
  const isTooLong = quotasOf(conf).some(({ time_window: windowS }) => !String(windowS).includes('$') && intervalS >= Number(windowS))
  return isTooLong ? 'sync_interval should be smaller than time_window' : undefined
}
