import { Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { WithDefault } from '../with-default.ts'

/** `clinch.*` of config.yaml: our own settings. */
export const ClinchConfigSchema = Type.Object({
  data_dir: WithDefault(Type.String({
    default: 'data', minLength: 1, description: 'the embedded store (`clinch.db`) or the last good configuration of etcd (`last-good.db`), and the verified OCSP responses (`ocsp/staples`). Relative to the folder of config.yaml, or to the one above when that is called `conf`'
  })),
  log_level: Type.Optional(StringEnum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], { description: 'the least level that is logged; left out: as `nginx_config.error_log_level` says, else `info`' })),
  wrong_admin_keys_per_minute: WithDefault(Type.Integer({ default: 10, minimum: 0, description: 'how many different wrong keys an address may send to the Admin API in a minute before it has to wait (429); 0 for any number' })),
  client_hello_timeout_ms: WithDefault(Type.Integer({ default: 10_000, minimum: 100, description: 'how long a client may take over its ClientHello, before it is closed with an alert; and over a header of the PROXY protocol' })),
  proxy_protocol_from: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: 'addresses and CIDR blocks of the load balancers whose headers of the PROXY protocol are believed, others are closed; left out: whoever can connect to those ports' })),
  max_unread_body_size: WithDefault(Type.Unsafe<string | number>({ anyOf: [{ type: 'string', pattern: '^\\d+[kKmMgG]?$' }, { type: 'integer', minimum: 0 }], default: '16m', description: 'how much of a body is read and dropped when its request is answered already, within `nginx_config.http.lingering_time`; the connection ends with what is beyond' })),
  max_connections_per_address: WithDefault(Type.Integer({ default: 0, minimum: 0, description: 'how many connections a client address (of IPv6, a /64) may have at once with a worker, further ones are closed; 0 for any number. Behind a balancer without the PROXY protocol that is the balancer\'s address' })),
  max_handshakes: WithDefault(Type.Integer({ default: 2048, minimum: 1, description: 'how many TLS handshakes may be under way in a worker, about 80 KiB each. Where one more begins, the oldest is closed' })),
  max_request_head_size: WithDefault(Type.Unsafe<string | number>({ anyOf: [{ type: 'string', pattern: '^\\d+[kKmM]?$' }, { type: 'integer', minimum: 1024 }], default: '32k', description: 'how large the head of a request may be, and that of a body\'s trailers (494); in HTTP/2, where each field counts for 32 octets more, twice as large' })),
  max_request_fields: WithDefault(Type.Integer({ default: 1000, minimum: 16, maximum: 10_000, description: 'how many fields a request may have (494)' })),
  max_http2_streams: WithDefault(Type.Integer({ default: 128, minimum: 1, description: 'how many requests an HTTP/2 connection may carry side by side' })),
  http2_frame_burst: WithDefault(Type.Integer({ default: 1000, minimum: 10, description: 'how many resets a client of HTTP/2 may send at once, and how many PING and SETTINGS frames, before its connection is ended' })),
  http2_frame_rate: WithDefault(Type.Integer({ default: 33, minimum: 1, description: 'how many more of them it may send each second' })),
  session_ticket_keys: WithDefault(StringEnum(['machine', 'keyring'], { default: 'machine', description: 'where the keys of session tickets (`apisix.ssl.ssl_session_tickets`) come from: `machine` makes them by chance, for the workers of this machine; `keyring` derives them from the first entry of `apisix.data_encryption.keyring` and the time, so that every node with the same keyring resumes the sessions of every other. See docs/adr/0029 for what that costs' })),
  session_ticket_key_lifetime: WithDefault(Type.Unsafe<string | number>({ anyOf: [{ type: 'string', pattern: '^[1-9]\\d*(s|m|h|d)?$' }, { type: 'integer', minimum: 1 }], default: '12h', description: 'how long such a key is used; then the sessions from before it are not resumed any more' })),
  max_tls_endpoints: WithDefault(Type.Integer({ default: 10_000, minimum: 1, description: 'TLS contexts that a worker keeps ready, about 45 KiB each' })),
  unknown_sni_alert: WithDefault(StringEnum(['unrecognized_name', 'internal_error'], { default: 'unrecognized_name', description: 'the TLS alert for a name that no ssl has; APISIX sends `internal_error`' }))
}, { additionalProperties: false, default: {} })
