import { Type, type Static } from '@sinclair/typebox'
import { DescSchema, HostSchema, IdSchema, LabelsSchema, NameSchema, PluginsSchema, ScriptSchema, storedMembers } from './shared.ts'
import { UpstreamSchema } from './upstream.ts'

/** What several routes have in common. */
export const ServiceSchema = Type.Object({
  ...storedMembers,
  name: Type.Optional(NameSchema),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  plugins: Type.Optional(PluginsSchema),
  upstream: Type.Optional(UpstreamSchema),
  upstream_id: Type.Optional(IdSchema),
  script: Type.Optional(ScriptSchema),
  enable_websocket: Type.Optional(Type.Boolean()),
  hosts: Type.Optional(Type.Array(HostSchema, { minItems: 1, uniqueItems: true }))
}, { additionalProperties: false })
export type Service = Static<typeof ServiceSchema>
