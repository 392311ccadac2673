import { Type, type Static } from '@sinclair/typebox'
import { AddressSchema, DescSchema, HostSchema, IdSchema, LabelsSchema, NameSchema, PluginsSchema, storedMembers } from './shared.ts'
import { UpstreamSchema } from './upstream.ts'

const LoggerSchema = Type.Unsafe<{ name?: string, filter?: unknown[], conf?: Record<string, unknown> }>({
  type: 'object',
  properties: { name: { type: 'string' }, filter: { type: 'array' }, conf: { type: 'object' } },
  dependencies: { name: ['conf'] },
  additionalProperties: false
})

/** Where connections that are not HTTP go. */
export const StreamRouteSchema = Type.Object({
  ...storedMembers,
  name: Type.Optional(NameSchema),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  remote_addr: Type.Optional(AddressSchema),
  server_addr: Type.Optional(AddressSchema),
  server_port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
  sni: Type.Optional(HostSchema),
  upstream: Type.Optional(UpstreamSchema),
  upstream_id: Type.Optional(IdSchema),
  service_id: Type.Optional(IdSchema),
  plugins: Type.Optional(PluginsSchema),
  protocol: Type.Optional(Type.Object({
    name: Type.String(),
    superior_id: Type.Optional(IdSchema),
    conf: Type.Optional(Type.Object({}, { additionalProperties: true })),
    logger: Type.Optional(Type.Array(LoggerSchema))
  }))
}, { additionalProperties: false })
export type StreamRoute = Static<typeof StreamRouteSchema>
