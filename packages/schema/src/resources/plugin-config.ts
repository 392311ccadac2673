import { Type, type Static } from '@sinclair/typebox'
import { DescSchema, IdSchema, LabelsSchema, PluginsSchema, storedMembers } from './shared.ts'

/** Plugins with their configurations, for routes to refer to. */
export const PluginConfigSchema = Type.Object({
  ...storedMembers,
  id: IdSchema,
  name: Type.Optional(Type.String()),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  plugins: PluginsSchema
}, { additionalProperties: false })
export type PluginConfig = Static<typeof PluginConfigSchema>
