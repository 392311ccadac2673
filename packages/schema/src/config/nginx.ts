import { Type } from '@sinclair/typebox'
import { WithDefault } from '../with-default.ts'

const duration = (fallback: string, description: string) => WithDefault(Type.Unsafe<string | number>({
  anyOf: [{ type: 'string', pattern: '^\\d+(ms|s|m|h|d)?$' }, { type: 'number', minimum: 0 }], default: fallback, description
}))

/**
 * `nginx_config.*` of config.yaml: the entries with a meaning outside nginx. The others (snippets, shared
 * dictionaries, ...) are accepted and have no effect, so that an APISIX file can be used as it is.
 */
export const NginxConfigSchema = Type.Object({
  error_log_level: Type.Optional(Type.String({ description: 'see `clinch.log_level`' })),
  worker_processes: WithDefault(Type.Unsafe<number | string>({
    anyOf: [{ type: 'integer', minimum: 1, maximum: 1024 }, { type: 'string', pattern: '^(auto|[1-9][0-9]{0,2})$' }], default: 'auto', description: 'how many workers serve traffic; `auto` is one a core'
  })),
  envs: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'the environment variables that `$env://` may name, or `NAME=value` to set one; without the list, all of the process' })),
  worker_shutdown_timeout: duration('240s', 'how long requests in flight may take to end at a stop'),
  http: WithDefault(Type.Object({
    keepalive_timeout: duration('60s', 'how long a client connection may be idle between two HTTP/1.1 requests'),
    client_header_timeout: duration('60s', 'how long a client may take over the head of a request, and over a TLS handshake'),
    client_body_timeout: duration('60s', 'how long a client may send nothing of a body'),
    send_timeout: duration('10s', 'how long a client may take nothing of an answer'),
    client_max_body_size: WithDefault(Type.Unsafe<string | number>({
      anyOf: [{ type: 'string', pattern: '^\\d+[kKmMgG]?$' }, { type: 'integer', minimum: 0 }], default: 0, description: 'the largest request body, 0 for any'
    })),
    real_ip_header: WithDefault(Type.String({ default: 'X-Real-IP', description: 'the header in which a trusted peer names the client' })),
    real_ip_from: WithDefault(Type.Array(Type.String(), { default: ['127.0.0.1', 'unix:'], description: 'the trusted peers' }))
  }, { default: {} }))
}, { default: {} })
