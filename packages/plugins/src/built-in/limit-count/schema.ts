import { StringEnum, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'
import { QuantitySchema } from '../../limiting/quantity.ts'
import { redisFields } from '../../limiting/redis/redis-policies.ts'
import { rejectionFields } from '../../limiting/rejection.ts'

const CountSchema = QuantitySchema(1, 'requests in a window; a whole number or a template')
const WindowSchema = QuantitySchema(1, 'seconds; a whole number or a template')

const RuleSchema = Type.Object({
  count: CountSchema,
  time_window: WindowSchema,
  key: Type.String({ description: 'a template; without any of its variables the rule is skipped' }),
  header_prefix: Type.Optional(Type.String({ description: 'X-{prefix}-RateLimit-…; the position of the rule, from 1' }))
})

export const schema = Type.Object({
  count: Type.Optional(CountSchema),
  time_window: Type.Optional(WindowSchema),
  rules: Type.Optional(Type.Array(RuleSchema, { minItems: 1 })),
  window_type: WithDefault(StringEnum(['fixed', 'sliding'], { default: 'fixed' })),
  key: WithDefault(Type.String({ default: 'remote_addr' })),
  key_type: WithDefault(StringEnum(['var', 'var_combination', 'constant'], { default: 'var' })),
  group: Type.Optional(Type.String({ description: 'instances of one group share their counters and must be alike' })),
  policy: WithDefault(StringEnum(['local', 'redis', 'redis-cluster', 'redis-sentinel'], { default: 'local' })),
  show_limit_quota_header: WithDefault(Type.Boolean({ default: true })),
  sync_interval: WithDefault(Type.Number({ default: -1, description: 'seconds between the writes to redis; -1: every request is' })),
  ...rejectionFields,
  ...redisFields(['redis', 'redis-cluster', 'redis-sentinel'])
}, {
  oneOf: [{ required: ['count', 'time_window'], not: { required: ['rules'] } }, { required: ['rules'] }]
})
export type LimitCountConf = Static<typeof schema>

const fieldName = '^[!#$%&\'*+.^_`|~0-9A-Za-z-]+$'

export const metadataSchema = Type.Object({
  limit_header: WithDefault(Type.String({ pattern: fieldName, default: 'X-RateLimit-Limit' })),
  remaining_header: WithDefault(Type.String({ pattern: fieldName, default: 'X-RateLimit-Remaining' })),
  reset_header: WithDefault(Type.String({ pattern: fieldName, default: 'X-RateLimit-Reset' }))
})
