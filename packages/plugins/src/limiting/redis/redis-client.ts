import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { addressOf, type RedisSettings } from './redis-policies.ts'

interface Handlers { readonly onError: (err: Error) => void }

const retryCapMs = 2000

/**
 * A client that connects when it is first used. A command that fails is never sent again by itself, because it may have been
 * carried out; while there is no connection commands fail at once.
 */
export function createRedisClient (settings: RedisSettings, { onError }: Handlers): Redis | Cluster {
  const client = settings.policy === 'redis-cluster' ? clusterOf(settings) : new Redis(optionsOf(settings))
  client.on('error', onError)
  return client
}

const common = {
  lazyConnect: true,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  reconnectOnError: err => err.message.startsWith('READONLY'), // it was the master until now
  disableClientInfo: true, // older servers and narrow ACLs know no CLIENT SETINFO
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 6), retryCapMs)
} as const satisfies RedisOptions

function optionsOf (settings: Extract<RedisSettings, { policy: 'redis' | 'redis-sentinel' }>): RedisOptions {
  const { redis_database: db, redis_username: username, redis_password: password } = settings
  const user = { db, ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) }
  if (settings.policy === 'redis') {
    const { redis_host: host, redis_port: port, redis_timeout: connectTimeout, redis_ssl: isSecure, redis_ssl_verify: verifies } = settings
    return { ...common, ...user, host, port, connectTimeout, ...(isSecure ? { tls: { rejectUnauthorized: verifies } } : {}) }
  }
  const { sentinel_username: sentinelUsername, sentinel_password: sentinelPassword, redis_connect_timeout: connectTimeout } = settings
  return {
    ...common,
    ...user,
    sentinels: settings.redis_sentinels,
    name: settings.redis_master_name,
    role: settings.redis_role,
    connectTimeout,
    sentinelCommandTimeout: settings.redis_read_timeout,
    sentinelRetryStrategy: common.retryStrategy,
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword })
  }
}

function clusterOf (settings: Extract<RedisSettings, { policy: 'redis-cluster' }>): Cluster {
  const { redis_cluster_ssl: isSecure, redis_cluster_ssl_verify: verifies, redis_password: password, redis_timeout: connectTimeout } = settings
  const { lazyConnect, retryStrategy, ...perNode } = common
  return new Cluster(settings.redis_cluster_nodes.map(addressOf).filter(node => node !== undefined), {
    lazyConnect,
    clusterRetryStrategy: retryStrategy,
    slotsRefreshTimeout: connectTimeout,
    redisOptions: {
      ...perNode,
      connectTimeout,
      ...(password === undefined ? {} : { password }),
      ...(isSecure ? { tls: { rejectUnauthorized: verifies } } : {})
    }
  })
}
