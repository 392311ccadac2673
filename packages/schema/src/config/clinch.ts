import { Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { WithDefault } from '../with-default.ts'

/** `clinch.*` of config.yaml: our own settings. */
export const ClinchConfigSchema = Type.Object({
  data_dir: WithDefault(Type.String({
    default: 'data', minLength: 1, description: 'the embedded store (`clinch.db`) and the verified OCSP responses (`ocsp/staples`). Relative to the folder of config.yaml, or to the one above when that is called `conf`'
  })),
  log_level: Type.Optional(StringEnum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], { description: 'the least level that is logged; left out: as `nginx_config.error_log_level` says, else `info`' })),
  wrong_admin_keys_per_minute: WithDefault(Type.Integer({ default: 10, minimum: 0, description: 'how many different wrong keys an address may send to the Admin API in a minute before it has to wait (429); 0 for any number' })),
  client_hello_timeout_ms: WithDefault(Type.Integer({ default: 10_000, minimum: 100, description: 'how long a client may take over its ClientHello, before it is closed with an alert; and over a header of the PROXY protocol' })),
  proxy_protocol_from: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: 'addresses and CIDR blocks of the load balancers whose headers of the PROXY protocol are believed, others are closed; left out: whoever can connect to those ports' })),
  max_unread_body_size: WithDefault(Type.Unsafe<string | number>({ anyOf: [{ type: 'string', pattern: '^\\d+[kKmMgG]?$' }, { type: 'integer', minimum: 0 }], default: '16m', description: 'how much of a body is read and dropped when its request is answered already, within `nginx_config.http.lingering_time`; the connection ends with what is beyond' })),
  max_tls_endpoints: WithDefault(Type.Integer({ default: 10_000, minimum: 1, description: 'TLS contexts that a worker keeps ready, about 45 KiB each' })),
  unknown_sni_alert: WithDefault(StringEnum(['unrecognized_name', 'internal_error'], { default: 'unrecognized_name', description: 'the TLS alert for a name that no ssl has; APISIX sends `internal_error`' }))
}, { additionalProperties: false, default: {} })
