import { Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { WithDefault } from '../with-default.ts'
import { PortSchema } from './apisix.ts'

const AdminKeySchema = Type.Object({
  name: Type.Optional(Type.String()),
  key: WithDefault(Type.Unsafe<string | number>({ type: ['string', 'number'], default: '', description: 'empty: one is generated and written back' })),
  role: Type.Optional(Type.String({ description: '`viewer` may only read; any other value may do all' }))
}, { additionalProperties: false })

const AdminSchema = Type.Object({
  admin_key_required: WithDefault(Type.Boolean({ default: true })),
  admin_key: WithDefault(Type.Unsafe<Array<{ name?: string, key: string | number, role?: string }> | null>({
    anyOf: [{ type: 'array', items: AdminKeySchema }, { type: 'null' }], default: [{ name: 'admin', key: '', role: 'admin' }]
  })),
  enable_admin_cors: WithDefault(Type.Boolean({ default: true })),
  enable_admin_ui: WithDefault(Type.Boolean({ default: true })),
  allow_admin: WithDefault(Type.Unsafe<string[] | null>({
    anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }], default: ['127.0.0.0/24']
  })),
  admin_listen: WithDefault(Type.Object({
    ip: WithDefault(Type.String({ default: '127.0.0.1' })),
    port: WithDefault({ ...PortSchema, default: 9180 })
  }, { additionalProperties: false, default: {} })),
  https_admin: WithDefault(Type.Boolean({ default: false })),
  admin_api_mtls: Type.Optional(Type.Object({
    admin_ssl_cert: Type.Optional(Type.String()),
    admin_ssl_cert_key: Type.Optional(Type.String()),
    admin_ssl_ca_cert: Type.Optional(Type.String())
  }, { additionalProperties: false })),
  admin_api_version: WithDefault(Type.String({ default: 'v3' }))
}, { additionalProperties: false, default: {} })

const EtcdSchema = Type.Object({
  host: WithDefault(Type.Array(Type.String({ pattern: '^https?://[^/]+/?$' }), { minItems: 1, default: ['http://127.0.0.1:2379'] })),
  prefix: WithDefault(Type.String({ default: '/apisix', pattern: '^/.*[^/]$' })),
  timeout: WithDefault(Type.Integer({ minimum: 1, default: 30, description: 'seconds, per request' })),
  watch_timeout: WithDefault(Type.Number({ default: 50, description: 'seconds' })),
  resync_delay: WithDefault(Type.Number({ default: 5, description: 'seconds' })),
  health_check_timeout: WithDefault(Type.Number({ default: 10 })),
  startup_retry: WithDefault(Type.Integer({ default: 2 })),
  user: Type.Optional(Type.String()),
  password: Type.Optional(Type.String()),
  tls: Type.Optional(Type.Object({
    verify: WithDefault(Type.Boolean({ default: true })),
    cert: Type.Optional(Type.String()),
    key: Type.Optional(Type.String()),
    sni: Type.Optional(Type.String())
  }, { additionalProperties: false }))
}, { additionalProperties: false, default: {} })

const provider = <const Values extends readonly string[]> (values: Values, fallback: Values[number]) =>
  Type.Object({ config_provider: WithDefault(StringEnum(values, { default: fallback })) }, { additionalProperties: false, default: {} })

/** `deployment.*` of config.yaml: which parts of the gateway run here and where its resources are kept. */
export const DeploymentSchema = Type.Object({
  role: WithDefault(StringEnum(['traditional', 'control_plane', 'data_plane'], { default: 'traditional' })),
  role_traditional: WithDefault(provider(['embedded', 'etcd', 'yaml'], 'embedded')),
  role_control_plane: Type.Optional(provider(['etcd'], 'etcd')),
  role_data_plane: Type.Optional(provider(['etcd', 'yaml', 'json'], 'etcd')),
  admin: WithDefault(AdminSchema),
  etcd: WithDefault(EtcdSchema)
}, { additionalProperties: false, default: {} })
