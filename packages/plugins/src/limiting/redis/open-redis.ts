import type { PluginHost } from '../../contract/host.ts'
import type { Shared } from '../../contract/shared.ts'
import { shareRedis, type RedisConnection } from './redis-connection.ts'
import { readPolicy, type RedisPolicy } from './redis-policies.ts'

/** Where a configuration counts: the redis that its policy names, undefined for `local`. Throws what its check would have said. */
export function openRedis (conf: { readonly policy: RedisPolicy | 'local' }, host: PluginHost): Shared<RedisConnection> | undefined {
  const policy = readPolicy(conf)
  if (policy.kind === 'invalid') throw new Error(policy.message)
  return policy.kind === 'local' ? undefined : shareRedis(policy.settings, host)
}
