import { Type, type Static } from '@sinclair/typebox'
import { AddressSchema, DescSchema, HostSchema, IdSchema, LabelsSchema, MethodSchema, NameSchema, PluginsSchema, ScriptSchema, StatusSchema, TimeoutSchema, UriSchema, storedMembers } from './shared.ts'
import { UpstreamSchema } from './upstream.ts'
import { WithDefault } from '../with-default.ts'

const uriOrUris = (...targets: string[]) => ['uri', 'uris'].flatMap(uri => targets.map(target => ({ required: [target, uri] })))

export const RouteSchema = Type.Object({
  ...storedMembers,
  name: Type.Optional(NameSchema),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  uri: Type.Optional(UriSchema),
  uris: Type.Optional(Type.Array(Type.String(), { minItems: 1, uniqueItems: true })),
  priority: WithDefault(Type.Integer({ default: 0 })),
  methods: Type.Optional(Type.Array(MethodSchema, { uniqueItems: true })),
  host: Type.Optional(HostSchema),
  hosts: Type.Optional(Type.Array(HostSchema, { minItems: 1, uniqueItems: true })),
  remote_addr: Type.Optional(AddressSchema),
  remote_addrs: Type.Optional(Type.Array(AddressSchema, { minItems: 1, uniqueItems: true })),
  timeout: Type.Optional(TimeoutSchema),
  vars: Type.Optional(Type.Array(Type.Unknown())),
  filter_func: Type.Optional(Type.String({ minLength: 10, pattern: '^function' })),
  script: Type.Optional(ScriptSchema),
  script_id: Type.Optional(IdSchema),
  plugins: Type.Optional(PluginsSchema),
  plugin_config_id: Type.Optional(IdSchema),
  upstream: Type.Optional(UpstreamSchema),
  upstream_id: Type.Optional(IdSchema),
  service_id: Type.Optional(IdSchema),
  enable_websocket: Type.Optional(Type.Boolean()),
  status: WithDefault(StatusSchema)
}, {
  additionalProperties: false,
  allOf: [
    { oneOf: [{ required: ['uri'] }, { required: ['uris'] }] },
    { oneOf: [{ not: { anyOf: [{ required: ['host'] }, { required: ['hosts'] }] } }, { required: ['host'] }, { required: ['hosts'] }] },
    { oneOf: [{ not: { anyOf: [{ required: ['remote_addr'] }, { required: ['remote_addrs'] }] } }, { required: ['remote_addr'] }, { required: ['remote_addrs'] }] }
  ],
  anyOf: uriOrUris('plugins', 'upstream', 'upstream_id', 'service_id').concat([{ required: ['script', 'uri'] }, { required: ['script', 'uris'] }]),
  not: { anyOf: [{ required: ['script', 'plugins'] }, { required: ['script', 'plugin_config_id'] }] }
})
export type Route = Static<typeof RouteSchema>
