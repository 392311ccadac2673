import { StringEnum, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'
import { isHopeless, QuantitySchema } from '../../limiting/quantity.ts'
import { readPolicy, redisFields } from '../../limiting/redis/redis-policies.ts'
import { rejectionFields } from '../../limiting/rejection.ts'

const ConnSchema = QuantitySchema(1, 'requests at a time; a whole number or a template')
const BurstSchema = QuantitySchema(0, 'requests beyond conn that wait instead of being rejected; a whole number or a template')

const RuleSchema = Type.Object({
  conn: ConnSchema,
  burst: BurstSchema,
  key: Type.String({ description: 'a template; without any of its variables the rule is skipped' })
})

export const schema = Type.Object({
  conn: Type.Optional(ConnSchema),
  burst: Type.Optional(BurstSchema),
  default_conn_delay: Type.Number({ exclusiveMinimum: 0, description: 'seconds' }),
  key: Type.Optional(Type.String()),
  key_type: WithDefault(StringEnum(['var', 'var_combination'], { default: 'var' })),
  rules: Type.Optional(Type.Array(RuleSchema, { minItems: 1 })),
  only_use_default_delay: WithDefault(Type.Boolean({ default: false, description: 'known from APISIX: the delay is always default_conn_delay' })),
  policy: WithDefault(StringEnum(['local', 'redis', 'redis-cluster'], { default: 'local' })),
  key_ttl: WithDefault(Type.Integer({ minimum: 1, default: 3600, description: 'seconds after which redis gives up a request that nobody ended' })),
  ...rejectionFields,
  ...redisFields(['redis', 'redis-cluster'])
}, {
  oneOf: [{ required: ['conn', 'burst', 'key'], not: { required: ['rules'] } }, { required: ['rules'] }]
})
export type LimitConnConf = Static<typeof schema>

/** What the schema cannot say. */
export function checkLimitConn (conf: LimitConnConf): string | undefined {
  const { conn, burst, key, rules } = conf
  if (rules !== undefined && (conn !== undefined || burst !== undefined || key !== undefined)) return 'conn/burst/key and rules cannot be specified at the same time'
  const policy = readPolicy(conf)
  if (policy.kind === 'invalid') return policy.message
  for (const quantities of rules ?? [{ conn, burst }]) {
    if (isHopeless(quantities.conn, 1)) return `conn must be a positive integer or a template of one: ${quantities.conn}`
    if (isHopeless(quantities.burst, 0)) return `burst must be a whole number or a template of one: ${quantities.burst}`
  }
  return undefined
}
