import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'

/** `plugin_attr` of a limiter that keeps state for each key. */
export const KeptKeysSchema = Type.Object({
  max_keys: WithDefault(Type.Integer({ minimum: 1, default: 100_000, description: 'keys whose state is kept on this machine; beyond them those that came longest ago begin anew' }))
}, { additionalProperties: false })
