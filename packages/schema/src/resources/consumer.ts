import { Type, type Static } from '@sinclair/typebox'
import { DescSchema, IdSchema, LabelsSchema, PluginsSchema, storedMembers } from './shared.ts'

/** Somebody who calls APIs, known by what its `auth` plugins hold; `username` is its key in the store. */
export const ConsumerSchema = Type.Object({
  ...storedMembers,
  username: Type.String({ minLength: 1, maxLength: 256, pattern: '^[a-zA-Z0-9_\\-]+$' }),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  group_id: Type.Optional(IdSchema),
  plugins: Type.Optional(PluginsSchema)
}, { additionalProperties: false })
export type Consumer = Static<typeof ConsumerSchema>
