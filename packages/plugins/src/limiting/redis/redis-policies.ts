import { StringEnum, WithDefault, compileValidator } from '@clinch/schema'
import { Type, type Static, type TObject } from '@sinclair/typebox'

const timeoutMs = WithDefault(Type.Integer({ minimum: 1, default: 1000, description: 'milliseconds' }))
const known = { description: 'known from APISIX: one connection carries all requests of a worker' }
const password = Type.Optional(Type.String())
const name = Type.Optional(Type.String({ minLength: 1 }))
const flag = WithDefault(Type.Boolean({ default: false }))

const RedisSchema = Type.Object({
  redis_host: Type.String({ minLength: 2 }),
  redis_port: WithDefault(Type.Integer({ minimum: 1, default: 6379 })),
  redis_username: name,
  redis_password: password,
  redis_database: WithDefault(Type.Integer({ minimum: 0, default: 0 })),
  redis_timeout: timeoutMs,
  redis_ssl: flag,
  redis_ssl_verify: flag,
  redis_keepalive_timeout: Type.Optional(Type.Integer({ minimum: 1000, ...known })),
  redis_keepalive_pool: Type.Optional(Type.Integer({ minimum: 1, ...known }))
})

const ClusterSchema = Type.Object({
  redis_cluster_nodes: Type.Array(Type.String({ minLength: 2, maxLength: 100 }), { minItems: 1 }),
  redis_cluster_name: Type.String(),
  redis_cluster_ssl: flag,
  redis_cluster_ssl_verify: flag,
  redis_password: password,
  redis_timeout: timeoutMs,
  redis_keepalive_timeout: Type.Optional(Type.Integer({ minimum: 1000, ...known })),
  redis_keepalive_pool: Type.Optional(Type.Integer({ minimum: 1, ...known }))
})

const SentinelSchema = Type.Object({
  redis_sentinels: Type.Array(Type.Object({ host: Type.String({ minLength: 2 }), port: Type.Integer({ minimum: 1, maximum: 65535 }) }, { additionalProperties: false }), { minItems: 1 }),
  redis_master_name: Type.String({ minLength: 1 }),
  redis_role: WithDefault(StringEnum(['master', 'slave'], { default: 'master' })),
  redis_connect_timeout: timeoutMs,
  redis_read_timeout: timeoutMs,
  redis_keepalive_timeout: Type.Optional(Type.Integer({ minimum: 1, ...known })),
  redis_database: WithDefault(Type.Integer({ minimum: 0, default: 0 })),
  redis_username: name,
  redis_password: password,
  sentinel_username: name,
  sentinel_password: password
})

export type RedisSettings =
  | { readonly policy: 'redis' } & Static<typeof RedisSchema>
  | { readonly policy: 'redis-cluster' } & Static<typeof ClusterSchema>
  | { readonly policy: 'redis-sentinel' } & Static<typeof SentinelSchema>
export type RedisPolicy = RedisSettings['policy']

const schemas = { redis: RedisSchema, 'redis-cluster': ClusterSchema, 'redis-sentinel': SentinelSchema } as const satisfies Record<RedisPolicy, TObject>

/**
 * The members of some policies for the schema of a plugin. What holds for their values depends on `policy`, so it is
 * `checkRedis` that looks at them: those of other policies may be anything.
 */
export function redisFields (policies: readonly RedisPolicy[]) {
  const names = new Set(policies.flatMap(policy => Object.keys(schemas[policy].properties)))
  return Object.fromEntries([...names].map(name => {
    const users = policies.filter(policy => Object.hasOwn(schemas[policy].properties, name))
    return [name, Type.Optional(Type.Unknown({ description: `policy ${users.join(', ')}` }))]
  }))
}

type Checked =
  | { readonly kind: 'local' }
  | { readonly kind: 'redis', readonly settings: RedisSettings }
  | { readonly kind: 'invalid', readonly message: string }

const validators = {
  redis: compileValidator(RedisSchema, { fillDefaults: true }),
  'redis-cluster': compileValidator(ClusterSchema, { fillDefaults: true }),
  'redis-sentinel': compileValidator(SentinelSchema, { fillDefaults: true })
} as const satisfies Record<RedisPolicy, unknown>

/** The settings that the policy of a configuration uses, with their defaults; the complaint names the member at fault. */
export function readPolicy (conf: { readonly policy: RedisPolicy | 'local' }): Checked {
  const { policy } = conf
  if (policy === 'local') return { kind: 'local' }
  const own = Object.keys(schemas[policy].properties)
  const checked = validators[policy](Object.fromEntries(Object.entries(conf).filter(([member]) => own.includes(member))))
  if (checked.kind === 'invalid') return { kind: 'invalid', message: checked.issue.message }
  const settings = { policy, ...checked.value } as RedisSettings // of the policy's own schema
  const node = settings.policy === 'redis-cluster' ? settings.redis_cluster_nodes.find(node => addressOf(node) === undefined) : undefined
  return node === undefined ? { kind: 'redis', settings } : { kind: 'invalid', message: `invalid redis_cluster_nodes: ${node} is no host:port` }
}

/** `host:port`, an IPv6 address in brackets. */
export function addressOf (node: string): { readonly host: string, readonly port: number } | undefined {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(node) ?? []
  const host = bracketed ?? plain
  return host === undefined || Number(port) < 1 || Number(port) > 65535 ? undefined : { host, port: Number(port) }
}
