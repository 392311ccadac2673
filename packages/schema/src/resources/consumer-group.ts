import { Type, type Static } from '@sinclair/typebox'
import { DescSchema, IdSchema, LabelsSchema, NameSchema, PluginsSchema, storedMembers } from './shared.ts'

/** Plugins that several consumers have in common. */
export const ConsumerGroupSchema = Type.Object({
  ...storedMembers,
  id: IdSchema,
  name: Type.Optional(NameSchema),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  plugins: PluginsSchema
}, { additionalProperties: false })
export type ConsumerGroup = Static<typeof ConsumerGroupSchema>
