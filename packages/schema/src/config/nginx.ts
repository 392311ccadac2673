import { Type } from '@sinclair/typebox'
import { WithDefault } from '../with-default.ts'

const duration = (fallback: string) => WithDefault(Type.Unsafe<string | number>({
  anyOf: [{ type: 'string', pattern: '^\\d+(ms|s|m|h|d)?$' }, { type: 'number', minimum: 0 }], default: fallback
}))

/**
 * `nginx_config.*` of config.yaml: the entries with a meaning outside nginx. The others (snippets, shared
 * dictionaries, ...) are accepted and have no effect, so that an APISIX file can be used as it is.
 */
export const NginxConfigSchema = Type.Object({
  error_log_level: Type.Optional(Type.String()),
  worker_processes: WithDefault(Type.Unsafe<number | 'auto'>({
    anyOf: [{ type: 'integer', minimum: 1, maximum: 1024 }, { enum: ['auto'] }], default: 'auto'
  })),
  worker_shutdown_timeout: duration('240s'),
  http: WithDefault(Type.Object({
    keepalive_timeout: duration('60s'),
    client_header_timeout: duration('60s'),
    client_body_timeout: duration('60s'),
    send_timeout: duration('10s'),
    client_max_body_size: WithDefault(Type.Unsafe<string | number>({
      anyOf: [{ type: 'string', pattern: '^\\d+[kKmMgG]?$' }, { type: 'integer', minimum: 0 }], default: 0
    })),
    real_ip_header: WithDefault(Type.String({ default: 'X-Real-IP' })),
    real_ip_from: WithDefault(Type.Array(Type.String(), { default: ['127.0.0.1', 'unix:'] }))
  }, { default: {} }))
}, { default: {} })
