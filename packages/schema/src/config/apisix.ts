import { Type, type Static } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { WithDefault } from '../with-default.ts'

export const PortSchema = Type.Integer({ minimum: 0, maximum: 65535, description: '0 takes a free port' })

const ListenerSchema = Type.Object({
  ip: Type.Optional(Type.String({ description: 'the address to listen on; every address of the machine when left out' })),
  port: WithDefault({ ...PortSchema, default: 9080 })
}, { additionalProperties: false })

const TlsListenerSchema = Type.Object({
  ip: Type.Optional(Type.String({ description: 'the address to listen on; every address of the machine when left out' })),
  port: WithDefault({ ...PortSchema, default: 9443 }),
  enable_http3: WithDefault(Type.Boolean({ default: false, description: 'HTTP/3' }))
}, { additionalProperties: false })

const defaultCiphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'
].join(':')

const TlsSchema = Type.Object({
  enable: WithDefault(Type.Boolean({ default: true, description: 'open the TLS listeners' })),
  listen: WithDefault(Type.Array(TlsListenerSchema, { default: [{ port: 9443, enable_http3: false }], description: 'where TLS is spoken' })),
  ssl_trusted_certificate: WithDefault(Type.String({ default: 'system', description: 'the CAs that an etcd with `https` and upstreams with `tls.verify` are verified with: a PEM file, or `system` for those of Node' })),
  ssl_protocols: WithDefault(Type.String({ default: 'TLSv1.2 TLSv1.3', pattern: '^TLSv1\\.[123]( +TLSv1\\.[123])*$', description: 'the TLS versions of names whose ssl has no `ssl_protocols` of its own' })),
  ssl_ciphers: WithDefault(Type.String({ default: defaultCiphers, description: 'the cipher suites up to TLS 1.2, in the order of preference; the TLS library chooses among those of TLS 1.3. APISIX\'s without its two of DHE' })),
  ssl_ecdh_curve: WithDefault(Type.String({ default: 'X25519MLKEM768:X25519:prime256v1:secp384r1', minLength: 1, description: 'the groups of the key exchange in the order of preference, as in nginx; `auto` for those of the TLS library' })),
  ssl_session_tickets: WithDefault(Type.Boolean({ default: false, description: 'resume sessions by tickets; see `clinch.session_ticket_keys`' })),
  fallback_sni: Type.Optional(Type.String({ description: 'the name that a client which names none is taken to have meant' }))
}, { additionalProperties: false })

/** APISIX's, published with it. */
export const defaultKeyring: readonly string[] = ['qeddd145sfvddff3', 'edd1c9f0985e76a2']

const KeyringEntrySchema = Type.String({ minLength: 16, maxLength: 32 })

/** `apisix.*` of config.yaml. What only nginx or Lua can use is accepted and has no effect. */
export const ApisixConfigSchema = Type.Object({
  node_listen: WithDefault(Type.Unsafe<number | Array<number | Static<typeof ListenerSchema>>>({
    anyOf: [PortSchema, { type: 'array', items: { anyOf: [PortSchema, ListenerSchema] } }], default: [9080], description: 'where plain HTTP/1.1 is spoken: a port, or a list of ports and listeners'
  })),
  enable_admin: WithDefault(Type.Boolean({ default: true, description: 'serve the Admin API; the role `data_plane` never does' })),
  enable_dev_mode: WithDefault(Type.Boolean({ default: false, description: 'known from APISIX' })),
  enable_reuseport: WithDefault(Type.Boolean({ default: true, description: 'a listening socket for each worker' })),
  enable_ipv6: WithDefault(Type.Boolean({ default: true, description: '`false`: listeners without an `ip` take IPv4 only, and names of upstreams have IPv4 addresses only' })),
  enable_http2: WithDefault(Type.Boolean({ default: true, description: 'speak HTTP/2 as well: on the TLS listeners where the client agrees (ALPN), on the plain ones where it begins with it (prior knowledge)' })),
  show_upstream_status_in_response_header: WithDefault(Type.Boolean({ default: false, description: 'send `X-APISIX-Upstream-Status` with every answer of an upstream; those of 500 and above have it in any case' })),
  enable_server_tokens: WithDefault(Type.Boolean({ default: true, description: 'name the version in `Server`' })),
  extra_lua_path: Type.Optional(Type.String({ description: 'for Lua' })),
  extra_lua_cpath: Type.Optional(Type.String({ description: 'for Lua' })),
  lua_module_hook: Type.Optional(Type.String({ description: 'for Lua' })),
  proxy_protocol: Type.Optional(Type.Object({
    listen_http_port: Type.Optional({ ...PortSchema, description: 'one more port for plain HTTP, where each connection begins with a header of the PROXY protocol (version 1 or 2); see `clinch.proxy_protocol_from`' }),
    listen_https_port: Type.Optional({ ...PortSchema, description: 'one more port for TLS, where the header comes before the ClientHello' }),
    enable_tcp_pp: Type.Optional(Type.Boolean({ description: 'the PROXY protocol on stream listeners' })),
    enable_tcp_pp_to_upstream: Type.Optional(Type.Boolean({ description: 'the PROXY protocol towards stream upstreams' }))
  }, { additionalProperties: false })),
  proxy_cache: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'zones of the plugin proxy-cache' })),
  delete_uri_tail_slash: WithDefault(Type.Boolean({ default: false, description: 'match `/a/` as `/a`' })),
  normalize_uri_like_servlet: WithDefault(Type.Boolean({ default: false, description: 'take path parameters (`;x=1`) out before matching' })),
  match_uri_encoded_slash: WithDefault(Type.Boolean({ default: false, description: 'keep `%2F` as it is for matching' })),
  max_post_args_readable_size: WithDefault(Type.Number({ default: 64, minimum: 0, description: 'MiB of a form that a condition may read, 0 for no limit' })),
  router: WithDefault(Type.Object({
    http: WithDefault(StringEnum(['radixtree_host_uri', 'radixtree_uri', 'radixtree_uri_with_parameter'], { default: 'radixtree_host_uri', description: 'how routes are matched: by host and then path, by path, or by path with `:name` parameters' })),
    ssl: WithDefault(StringEnum(['radixtree_sni'], { default: 'radixtree_sni', description: 'how names are matched' }))
  }, { additionalProperties: false, default: {} })),
  proxy_mode: WithDefault(StringEnum(['http', 'stream', 'http&stream'], { default: 'http', description: 'with stream in it stream routes can be stored; what is proxied is HTTP, whatever it says' })),
  stream_proxy: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'listeners for TCP and UDP' })),
  dns_resolver: Type.Optional(Type.Array(Type.String({ pattern: '^(?:[0-9.]+|\\[[0-9a-fA-F:.]+\\])(?::[0-9]{1,5})?$|^[0-9a-fA-F:.]+$' }), { description: 'the name servers that the names of upstreams are asked of, `10.0.0.53` or `10.0.0.53:5353`; those of the machine when left out' })),
  dns_resolver_valid: Type.Optional(Type.Integer({ minimum: 0, description: 'seconds for which an answer is good, in place of its TTL' })),
  resolver_timeout: WithDefault(Type.Number({ default: 5, exclusiveMinimum: 0, description: 'seconds that a request waits for the address of a name that is not known yet' })),
  enable_resolv_search_opt: WithDefault(Type.Boolean({ default: true, description: 'the search list of resolv.conf' })),
  ssl: WithDefault({ ...TlsSchema, default: {} }),
  enable_control: WithDefault(Type.Boolean({ default: true, description: 'serve the control API' })),
  control: WithDefault(Type.Object({
    ip: WithDefault(Type.String({ default: '127.0.0.1', description: 'the control API asks for no key: keep it on loopback' })),
    port: WithDefault({ ...PortSchema, default: 9090 }),
    router: Type.Optional(Type.String({ description: 'known from APISIX' }))
  }, { additionalProperties: false, default: {} })),
  status: Type.Optional(Type.Object({
    ip: WithDefault(Type.String({ default: '127.0.0.1', description: 'the status API' })),
    port: WithDefault({ ...PortSchema, default: 7085 })
  }, { additionalProperties: false })),
  disable_sync_configuration_during_start: WithDefault(Type.Boolean({ default: false, description: 'known from APISIX' })),
  worker_startup_time_threshold: WithDefault(Type.Number({ default: 60, exclusiveMinimum: 0, description: 'seconds after which a worker that follows another in a reload must serve; it is ended otherwise, and the other stays' })),
  data_encryption: WithDefault(Type.Object({
    enable_encrypt_fields: WithDefault(Type.Boolean({ default: true, description: 'encrypt the secret fields of plugins in the store; private keys are encrypted in any case' })),
    keyring: WithDefault(Type.Unsafe<string | string[] | null>({
      anyOf: [KeyringEntrySchema, { type: 'array', minItems: 1, items: KeyringEntrySchema }, { type: 'null' }],
      default: defaultKeyring,
      description: 'what private keys and secret fields in the store are encrypted with: the first entry encrypts, each may decrypt, `~` encrypts nothing. 16 or 32 bytes each. The default is published: set your own'
    }))
  }, { additionalProperties: false, default: {} })),
  disable_upstream_healthcheck: WithDefault(Type.Boolean({ default: false, description: 'switch health checks off' })),
  trusted_addresses: Type.Optional(Type.Array(Type.String(), { minItems: 1, uniqueItems: true, description: 'peers whose `X-Forwarded-Proto`, `-Host`, `-Port` and `Forwarded` are passed on; once it is set, the `X-Forwarded-For` of all others is dropped' })),
  lru: WithDefault(Type.Object({
    secret: WithDefault(Type.Object({
      ttl: WithDefault(Type.Number({ default: 300, minimum: 1, description: 'seconds after which a secret of `$secret://` is asked for again, in the background' })),
      neg_ttl: WithDefault(Type.Number({ default: 60, minimum: 1, description: 'seconds after which it is asked for again when that failed' })),
      count: Type.Optional(Type.Integer({ description: 'a size of a cache of APISIX' })),
      neg_count: Type.Optional(Type.Integer({ description: 'a size of a cache of APISIX' }))
    }, { additionalProperties: false, default: {} }))
  }, { additionalProperties: true, default: {} })),
  tracing: WithDefault(Type.Boolean({ default: false, description: 'known from APISIX' })),
  id: Type.Optional(Type.String({ description: 'the id of the instance' }))
}, { additionalProperties: false, default: {} })
