import { Type, type Static } from '@sinclair/typebox'
import { IdSchema, PluginsSchema, storedMembers } from './shared.ts'

/** Plugins that run for every request. */
export const GlobalRuleSchema = Type.Object({
  ...storedMembers,
  id: IdSchema,
  plugins: PluginsSchema
}, { additionalProperties: false })
export type GlobalRule = Static<typeof GlobalRuleSchema>
