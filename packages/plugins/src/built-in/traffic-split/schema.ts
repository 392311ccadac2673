import { IdSchema, UpstreamSchema, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'

const WeightedUpstreamSchema = Type.Object({
  upstream_id: Type.Optional(IdSchema),
  upstream: Type.Optional(UpstreamSchema),
  weight: WithDefault(Type.Integer({ minimum: 0, default: 1 }))
})
export type WeightedUpstream = Static<typeof WeightedUpstreamSchema>

const RuleSchema = Type.Object({
  match: Type.Optional(Type.Array(Type.Object({
    vars: Type.Optional(Type.Array(Type.Unknown(), { description: 'an expression' }))
  }), { description: 'one must hold; without any the rule always does' })),
  weighted_upstreams: WithDefault(Type.Array(WeightedUpstreamSchema, { minItems: 1, maxItems: 20, default: [{ weight: 1 }] }))
})
export type Rule = Static<typeof RuleSchema>

export const TrafficSplitSchema = Type.Object({
  rules: Type.Optional(Type.Array(RuleSchema))
})
