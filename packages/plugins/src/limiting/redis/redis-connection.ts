import { hash } from 'node:crypto'
import type { Logger } from 'pino'
import type { PluginHost } from '../../contract/host.ts'
import type { Shared } from '../../contract/shared.ts'
import { Throttle } from '../../throttle.ts'
import { createRedisClient } from './redis-client.ts'
import type { RedisSettings } from './redis-policies.ts'

/** Lua that runs in redis, as one step for everybody else: of one key, `KEYS[1]`, with its arguments in `ARGV`. */
export interface RedisScript {
  readonly source: string
  readonly sha: string
}

export function redisScript (source: string): RedisScript {
  return { source, sha: hash('sha1', source) }
}

const sayAgainMs = 10_000

/** One redis, cluster or master of sentinels, as one user of one database: what all routes of a worker share that name it. */
export class RedisConnection {
  readonly #client: ReturnType<typeof createRedisClient>
  readonly #timeoutMs: number
  #running = 0
  #isClosing = false

  constructor (settings: RedisSettings, log: Logger, now: () => number) {
    const throttle = new Throttle({ intervalMs: sayAgainMs, maxKeys: 1, now })
    this.#timeoutMs = settings.policy === 'redis-sentinel' ? settings.redis_connect_timeout + settings.redis_read_timeout : settings.redis_timeout
    this.#client = createRedisClient(settings, {
      onError: err => { if (throttle.pass('') !== undefined) log.warn({ err: withoutCommand(err), redis: placeOf(settings) }, 'redis connection failed') }
    })
  }

  /** Rejects when redis says so, cannot be reached, or does not answer in time; then it may have been carried out or not. */
  async run (script: RedisScript, key: string, args: ReadonlyArray<string | number>): Promise<unknown> {
    const deadline = Promise.withResolvers<never>()
    const timer = setTimeout(() => deadline.reject(new Error('redis did not answer in time')), this.#timeoutMs)
    this.#running++
    try {
      return await Promise.race([this.#run(script, key, args), deadline.promise])
    } catch (err) {
      throw withoutCommand(err)
    } finally {
      clearTimeout(timer)
      if (--this.#running === 0 && this.#isClosing) this.#client.disconnect()
    }
  }

  /** What is under way is carried out. */
  close (): void {
    this.#isClosing = true
    if (this.#running === 0) this.#client.disconnect()
  }

  async #run ({ sha, source }: RedisScript, key: string, args: ReadonlyArray<string | number>): Promise<unknown> {
    try {
      return await this.#client.evalsha(sha, 1, key, ...args)
    } catch (err) {
      if (!(err instanceof Error) || !err.message.startsWith('NOSCRIPT')) throw err
      return await this.#client.eval(source, 1, key, ...args)
    }
  }
}

/** Never shared between settings that differ in a user, a database or TLS: they stand in the key. */
export function shareRedis (settings: RedisSettings, { share, log, now }: Pick<PluginHost, 'share' | 'log' | 'now'>): Shared<RedisConnection> {
  const key = `redis ${hash('sha256', JSON.stringify(Object.entries(settings).sort(([a], [b]) => a < b ? -1 : 1)))}`
  return share(key, () => new RedisConnection(settings, log, now))
}

// What redis refuses comes with the command that it refused: a login, with the password.
function withoutCommand (err: unknown): Error {
  if (!(err instanceof Error)) return new Error(String(err))
  const plain = new Error(err.message === '' && 'code' in err ? String(err.code) : err.message)
  return Object.assign(plain, { name: err.name, stack: err.stack })
}

function placeOf (settings: RedisSettings): string {
  switch (settings.policy) {
    case 'redis': return `${settings.redis_host}:${settings.redis_port}`
    case 'redis-cluster': return settings.redis_cluster_nodes.join(', ')
    case 'redis-sentinel': return settings.redis_sentinels.map(({ host, port }) => `${host}:${port}`).join(', ')
  }
}
