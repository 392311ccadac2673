import { Type, type Static } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { WithDefault } from '../with-default.ts'

export const PortSchema = Type.Integer({ minimum: 0, maximum: 65535, description: '0 takes a free port' })

const ListenerSchema = Type.Object({
  ip: Type.Optional(Type.String()),
  port: WithDefault({ ...PortSchema, default: 9080 })
}, { additionalProperties: false })

const TlsListenerSchema = Type.Object({
  ip: Type.Optional(Type.String()),
  port: WithDefault({ ...PortSchema, default: 9443 }),
  enable_http3: WithDefault(Type.Boolean({ default: false }))
}, { additionalProperties: false })

const defaultCiphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305',
  'DHE-RSA-AES128-GCM-SHA256', 'DHE-RSA-AES256-GCM-SHA384'
].join(':')

const TlsSchema = Type.Object({
  enable: WithDefault(Type.Boolean({ default: true })),
  listen: WithDefault(Type.Array(TlsListenerSchema, { default: [{ port: 9443, enable_http3: false }] })),
  ssl_trusted_certificate: WithDefault(Type.String({ default: 'system', description: 'a PEM file, or `system`' })),
  ssl_protocols: WithDefault(Type.String({ default: 'TLSv1.2 TLSv1.3', pattern: '^TLSv1\\.[123]( +TLSv1\\.[123])*$' })),
  ssl_ciphers: WithDefault(Type.String({ default: defaultCiphers })),
  ssl_session_tickets: WithDefault(Type.Boolean({ default: false })),
  fallback_sni: Type.Optional(Type.String())
}, { additionalProperties: false })

const KeyringEntrySchema = Type.String({ minLength: 16, maxLength: 32 })

/** `apisix.*` of config.yaml. What only nginx or Lua can use is accepted and has no effect. */
export const ApisixConfigSchema = Type.Object({
  node_listen: WithDefault(Type.Unsafe<number | Array<number | Static<typeof ListenerSchema>>>({
    anyOf: [PortSchema, { type: 'array', items: { anyOf: [PortSchema, ListenerSchema] } }], default: [9080]
  })),
  enable_admin: WithDefault(Type.Boolean({ default: true })),
  enable_dev_mode: WithDefault(Type.Boolean({ default: false })),
  enable_reuseport: WithDefault(Type.Boolean({ default: true })),
  enable_ipv6: WithDefault(Type.Boolean({ default: true })),
  enable_http2: WithDefault(Type.Boolean({ default: true })),
  show_upstream_status_in_response_header: WithDefault(Type.Boolean({ default: false })),
  enable_server_tokens: WithDefault(Type.Boolean({ default: true })),
  extra_lua_path: Type.Optional(Type.String()),
  extra_lua_cpath: Type.Optional(Type.String()),
  lua_module_hook: Type.Optional(Type.String()),
  proxy_protocol: Type.Optional(Type.Object({
    listen_http_port: Type.Optional(PortSchema),
    listen_https_port: Type.Optional(PortSchema),
    enable_tcp_pp: Type.Optional(Type.Boolean()),
    enable_tcp_pp_to_upstream: Type.Optional(Type.Boolean())
  }, { additionalProperties: false })),
  proxy_cache: Type.Optional(Type.Object({}, { additionalProperties: true })),
  delete_uri_tail_slash: WithDefault(Type.Boolean({ default: false })),
  normalize_uri_like_servlet: WithDefault(Type.Boolean({ default: false })),
  match_uri_encoded_slash: WithDefault(Type.Boolean({ default: false })),
  max_post_args_readable_size: WithDefault(Type.Number({ default: 64, minimum: 0, description: 'MiB, 0 for no limit' })),
  router: WithDefault(Type.Object({
    http: WithDefault(StringEnum(['radixtree_host_uri', 'radixtree_uri', 'radixtree_uri_with_parameter'], { default: 'radixtree_host_uri' })),
    ssl: WithDefault(StringEnum(['radixtree_sni'], { default: 'radixtree_sni' }))
  }, { additionalProperties: false, default: {} })),
  proxy_mode: WithDefault(StringEnum(['http', 'stream', 'http&stream'], { default: 'http' })),
  stream_proxy: Type.Optional(Type.Object({}, { additionalProperties: true })),
  dns_resolver: Type.Optional(Type.Array(Type.String())),
  dns_resolver_valid: Type.Optional(Type.Integer({ minimum: 0 })),
  resolver_timeout: WithDefault(Type.Number({ default: 5, exclusiveMinimum: 0 })),
  enable_resolv_search_opt: WithDefault(Type.Boolean({ default: true })),
  ssl: WithDefault({ ...TlsSchema, default: {} }),
  enable_control: WithDefault(Type.Boolean({ default: true })),
  control: WithDefault(Type.Object({
    ip: WithDefault(Type.String({ default: '127.0.0.1' })),
    port: WithDefault({ ...PortSchema, default: 9090 }),
    router: Type.Optional(Type.String())
  }, { additionalProperties: false, default: {} })),
  status: Type.Optional(Type.Object({
    ip: WithDefault(Type.String({ default: '127.0.0.1' })),
    port: WithDefault({ ...PortSchema, default: 7085 })
  }, { additionalProperties: false })),
  disable_sync_configuration_during_start: WithDefault(Type.Boolean({ default: false })),
  worker_startup_time_threshold: WithDefault(Type.Number({ default: 60 })),
  data_encryption: WithDefault(Type.Object({
    enable_encrypt_fields: WithDefault(Type.Boolean({ default: true })),
    keyring: WithDefault(Type.Unsafe<string | string[] | null>({
      anyOf: [KeyringEntrySchema, { type: 'array', minItems: 1, items: KeyringEntrySchema }, { type: 'null' }],
      default: ['qeddd145sfvddff3', 'edd1c9f0985e76a2']
    }))
  }, { additionalProperties: false, default: {} })),
  disable_upstream_healthcheck: WithDefault(Type.Boolean({ default: false })),
  trusted_addresses: Type.Optional(Type.Array(Type.String(), { minItems: 1, uniqueItems: true })),
  lru: Type.Optional(Type.Object({}, { additionalProperties: true })),
  tracing: WithDefault(Type.Boolean({ default: false })),
  id: Type.Optional(Type.String())
}, { additionalProperties: false, default: {} })
