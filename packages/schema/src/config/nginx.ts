import { Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { WithDefault } from '../with-default.ts'

const duration = (fallback: string, description: string) => WithDefault(Type.Unsafe<string | number>({
  anyOf: [{ type: 'string', pattern: '^\\d+(ms|s|m|h|d)?$' }, { type: 'number', minimum: 0 }], default: fallback, description
}))

/** APISIX's own. */
const defaultAccessLogFormat = '$remote_addr - $remote_user [$time_local] $http_host "$request" $status $body_bytes_sent $request_time "$http_referer" "$http_user_agent" ' +
  '$upstream_addr $upstream_status $upstream_response_time "$upstream_scheme://$upstream_host$upstream_uri" "$apisix_request_id"'

/**
 * `nginx_config.*` of config.yaml: the entries with a meaning outside nginx. The others (snippets, shared
 * dictionaries, ...) are accepted and have no effect, so that an APISIX file can be used as it is.
 */
export const NginxConfigSchema = Type.Object({
  error_log: Type.Optional(Type.String({ minLength: 1, description: 'the file for the log; left out, `/dev/stdout` and `/dev/stderr`: there' })),
  error_log_level: Type.Optional(StringEnum(['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'], { description: 'the least level that is logged, where `clinch.log_level` does not say; `notice` is `info`, those above `error` are `fatal`' })),
  worker_processes: WithDefault(Type.Unsafe<number | string>({
    anyOf: [{ type: 'integer', minimum: 1, maximum: 1024 }, { type: 'string', pattern: '^(auto|[1-9][0-9]{0,2})$' }], default: 'auto', description: 'how many workers serve traffic; `auto` is one a core'
  })),
  envs: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'the environment variables that `$env://` may name, or `NAME=value` to set one; without the list, all of the process' })),
  worker_shutdown_timeout: duration('240s', 'how long requests in flight may take to end when the gateway stops or a worker is replaced'),
  event: WithDefault(Type.Object({
    worker_connections: WithDefault(Type.Integer({ minimum: 1, default: 10_620, description: 'how many connections of clients a worker has at once. Where one more comes, the one that has waited longest without a request is closed, or, where each has had one, the new one' }))
  }, { default: {} })),
  http: WithDefault(Type.Object({
    keepalive_timeout: duration('60s', 'how long a client connection may be idle between two HTTP/1.1 requests'),
    keepalive_requests: WithDefault(Type.Integer({ minimum: 1, default: 1000, description: 'how many requests a connection of a client may carry; with HTTP/2 it then takes no new ones' })),
    client_header_timeout: duration('60s', 'how long a client may take over the head of a request, and over a TLS handshake'),
    client_body_timeout: duration('60s', 'how long a client may send nothing of a body (408), 0 for any time'),
    send_timeout: duration('10s', 'how long a client may take nothing of an answer'),
    lingering_time: duration('30s', 'how long what a client still sends of a body is read and dropped when its request is answered already; then the connection ends. nginx has this, APISIX does not set it'),
    lingering_timeout: duration('5s', 'how long such a client may send nothing'),
    client_max_body_size: WithDefault(Type.Unsafe<string | number>({
      anyOf: [{ type: 'string', pattern: '^\\d+[kKmMgG]?$' }, { type: 'integer', minimum: 0 }], default: 0, description: 'the largest request body (413), 0 for any; a route can have its own limit with `client-control`'
    })),
    real_ip_header: WithDefault(Type.String({ default: 'X-Real-IP', description: 'the header in which a trusted peer names the client' })),
    real_ip_from: WithDefault(Type.Array(Type.String(), { default: ['127.0.0.1', 'unix:'], description: 'the trusted peers' })),
    enable_access_log: WithDefault(Type.Boolean({ default: true, description: 'a line for every request; [logging.md](logging.md)' })),
    access_log: WithDefault(Type.String({ minLength: 1, default: 'logs/access.log', description: 'its file, or `/dev/stdout`, `/dev/stderr`' })),
    access_log_format: WithDefault(Type.String({ minLength: 1, default: defaultAccessLogFormat, description: 'nginx\'s `log_format`: text with variables' })),
    access_log_format_escape: WithDefault(StringEnum(['default', 'json', 'none'], { default: 'default', description: 'what becomes of quotes, controls and the like in values: `\\x22`, JSON\'s `\\"`, nothing' })),
    access_log_buffer: WithDefault(Type.Integer({ minimum: 0, maximum: 1_048_576, default: 16_384, description: 'characters that a worker waits for before it writes, a second at most; 0 writes at once' }))
  }, { default: {} }))
}, { default: {} })
