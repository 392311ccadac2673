import { Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { WithDefault } from '../with-default.ts'
import { PortSchema } from './apisix.ts'

const AdminKeySchema = Type.Object({
  name: Type.Optional(Type.String({ description: 'for people' })),
  key: WithDefault(Type.Unsafe<string | number>({ type: ['string', 'number'], default: '', description: 'empty beside `role: admin`: 32 letters are made at the start and written into this file; empty otherwise: it never fits' })),
  role: Type.Optional(Type.String({ description: '`viewer` may only GET; any other value, or none, may do all' }))
}, { additionalProperties: false })

const AdminSchema = Type.Object({
  admin_key_required: WithDefault(Type.Boolean({ default: true, description: '`false`: the Admin API asks for no key' })),
  admin_key: WithDefault(Type.Unsafe<Array<{ name?: string, key: string | number, role?: string }> | null>({
    anyOf: [{ type: 'array', items: AdminKeySchema }, { type: 'null' }], default: [{ name: 'admin', key: '', role: 'admin' }], description: 'the keys of the Admin API; `~` asks for none'
  })),
  enable_admin_cors: WithDefault(Type.Boolean({ default: true, description: 'let pages of any origin read the answers of the Admin API; the key is asked for all the same' })),
  enable_admin_ui: WithDefault(Type.Boolean({ default: true, description: 'the dashboard' })),
  allow_admin: WithDefault(Type.Unsafe<string[] | null>({
    anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }], default: ['127.0.0.0/24'], description: 'addresses and CIDR blocks that the Admin API answers; `~` and only `~` stands for all'
  })),
  admin_listen: WithDefault(Type.Object({
    ip: WithDefault(Type.String({ default: '127.0.0.1', description: 'where the Admin API listens; APISIX has 0.0.0.0' })),
    port: WithDefault({ ...PortSchema, default: 9180 })
  }, { additionalProperties: false, default: {} })),
  https_admin: WithDefault(Type.Boolean({ default: false, description: 'TLS on the Admin API' })),
  admin_api_mtls: Type.Optional(Type.Object({
    admin_ssl_cert: Type.Optional(Type.String({ description: 'a PEM file' })),
    admin_ssl_cert_key: Type.Optional(Type.String({ description: 'a PEM file' })),
    admin_ssl_ca_cert: Type.Optional(Type.String({ description: 'a PEM file; makes client certificates of this CA mandatory' }))
  }, { additionalProperties: false })),
  admin_api_version: WithDefault(Type.String({ default: 'v3', description: 'the format of answers' }))
}, { additionalProperties: false, default: {} })

const EtcdSchema = Type.Object({
  host: WithDefault(Type.Array(Type.String({ pattern: '^https?://[^/]+/?$' }), { minItems: 1, default: ['http://127.0.0.1:2379'], description: 'the members of the cluster; the port is 2379 when left out' })),
  prefix: WithDefault(Type.String({ default: '/apisix', pattern: '^/.*[^/]$', description: 'what the keys begin with, in the embedded store too' })),
  timeout: WithDefault(Type.Integer({ minimum: 1, default: 30, description: 'seconds for one operation, however many members it has to ask' })),
  watch_timeout: WithDefault(Type.Number({ default: 50, description: 'seconds without a sign of life after which a watch is taken up anew' })),
  resync_delay: WithDefault(Type.Number({ default: 5, description: 'seconds until a lost watch is taken up again' })),
  health_check_timeout: WithDefault(Type.Number({ default: 10, description: 'seconds for which a member that failed is left alone' })),
  startup_retry: WithDefault(Type.Integer({ default: 2, description: 'how often the members are asked at a start before it is given up, when nothing of the configuration is on disk; a data plane goes on asking' })),
  user: Type.Optional(Type.String({ description: 'together with `password`' })),
  password: Type.Optional(Type.String({ description: 'together with `user`' })),
  tls: Type.Optional(Type.Object({
    verify: WithDefault(Type.Boolean({ default: true, description: '`false` takes any certificate' })),
    cert: Type.Optional(Type.String({ description: 'a PEM file: the certificate to show to etcd' })),
    key: Type.Optional(Type.String({ description: 'a PEM file' })),
    sni: Type.Optional(Type.String({ description: 'the name to ask for and to expect, instead of the host of the URL' }))
  }, { additionalProperties: false }))
}, { additionalProperties: false, default: {} })

const provider = <const Values extends readonly string[]> (values: Values, fallback: Values[number]) =>
  Type.Object({ config_provider: WithDefault(StringEnum(values, { default: fallback, description: 'where the resources are; `yaml` and `json`: in a file beside this one, or in memory, see file-provider.md' })) }, { additionalProperties: false, default: {} })

/** `deployment.*` of config.yaml: which parts of the gateway run here and where its resources are kept. */
export const DeploymentSchema = Type.Object({
  role: WithDefault(StringEnum(['traditional', 'control_plane', 'data_plane'], { default: 'traditional', description: '`control_plane`: no workers, no OCSP; `data_plane`: no Admin API, and nothing is written to the store; see etcd.md' })),
  role_traditional: WithDefault(provider(['embedded', 'etcd', 'yaml'], 'embedded')),
  role_control_plane: Type.Optional(provider(['etcd'], 'etcd')),
  role_data_plane: Type.Optional(provider(['etcd', 'yaml', 'json'], 'etcd')),
  admin: WithDefault(AdminSchema),
  etcd: WithDefault(EtcdSchema)
}, { additionalProperties: false, default: {} })
