import t, { type Test } from 'tap'
import { createShare, type PluginPhases } from '@clinch/plugins'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'
import { createAuthority } from '../support/pki.ts'
import { startRedis, startRedisCluster, withoutRedis, type TestRedis } from '../support/redis.ts'
import { fakeRequest, fakeResponse, type FakeRequest } from '../support/request-context.ts'
import { responseOf, runPlugin, type Surroundings } from './run-plugin.ts'

const outcome = { status: 200, source: 'upstream', durationMs: 1, upstreamMs: 1, requestBytes: 0, responseBytes: 0 } as const
const client = { variables: { remote_addr: '192.0.2.1' } }

/** A plugin that is closed with the test: its connection goes with it. */
async function run (t: Test, name: string, conf: object, surroundings: Surroundings = {}): Promise<PluginPhases> {
  const plugin = await runPlugin(name, conf, surroundings)
  t.teardown(() => plugin.close?.())
  return plugin
}

/** `pass 1 60`: what became of a request and what it was told. */
async function send (plugin: PluginPhases, request: FakeRequest = client): Promise<string> {
  const context = fakeRequest(request)
  const answer = responseOf(await plugin.access?.(context))
  const response = fakeResponse()
  plugin.headerFilter?.(context, response)
  return `${answer?.status ?? 'pass'} ${response.headers.get('X-RateLimit-Remaining') ?? '-'}`
}

const at = ({ port }: TestRedis) => ({ policy: 'redis', redis_host: '127.0.0.1', redis_port: port })

t.test('two gateways count together in one redis', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  for (const windowType of ['fixed', 'sliding']) {
    const counting = { count: 2, time_window: 60, window_type: windowType, ...at(redis) }
    const [one, other] = [await run(t, 'limit-count', counting), await run(t, 'limit-count', counting)]
    t.strictSame([await send(one), await send(other), await send(one), await send(other)], ['pass 1', 'pass 0', '503 0', '503 0'], windowType)
    t.equal(await send(one, { variables: { remote_addr: '::1' } }), 'pass 1')
  }
  const requests = { rate: 0.001, burst: 1, nodelay: true, key: 'remote_addr', ...at(redis) }
  const [one, other] = [await run(t, 'limit-req', requests), await run(t, 'limit-req', requests)]
  t.strictSame([await send(one), await send(other), await send(one)], ['pass -', 'pass -', '503 -'])
  t.equal((await redis.cli('keys', '*')).split('\n').length, 5)
  for (const key of (await redis.cli('keys', '*')).split('\n')) t.ok(Number(await redis.cli('pttl', key)) > 0, `${key} goes by itself`)
})

t.test('a sliding window in redis slides', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const plugin = await run(t, 'limit-count', { count: 1, time_window: 2, window_type: 'sliding', ...at(redis) })
  t.equal(await send(plugin), 'pass 0')
  t.equal(await send(plugin), '503 0')
  await until(async () => await send(plugin) === 'pass 0', () => 'it never lets another pass')
})

t.test('active requests in redis are given up after key_ttl', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const conf = { conn: 1, burst: 0, default_conn_delay: 0.01, key: 'remote_addr', key_ttl: 1, ...at(redis) }
  const plugin = await run(t, 'limit-conn', conf)
  const first = fakeRequest(client)
  t.equal(responseOf(await plugin.access?.(first)), undefined)
  const second = fakeRequest(client)
  t.strictSame(responseOf(await plugin.access?.(second)), { status: 503 })
  plugin.log?.(second, outcome as never)
  plugin.log?.(first, outcome as never)
  await until(async () => await redis.cli('keys', '*') === '', () => 'the place was not given back')
  t.equal(await send(plugin), 'pass -', 'a gateway that never comes back')
  t.equal(await send(plugin), '503 -')
  await until(async () => await send(plugin) === 'pass -', () => 'its place was never given up')
})

t.test('what is under way when the last configuration goes is carried out', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const plugin = await runPlugin('limit-conn', { conn: 1, burst: 0, default_conn_delay: 0.01, key: 'remote_addr', ...at(redis) })
  const context = fakeRequest(client)
  await plugin.access?.(context)
  plugin.log?.(context, outcome as never)
  plugin.close?.()
  await until(async () => await redis.cli('keys', '*') === '', () => 'the place was not given back')
  await until(async () => /connected_clients:1\b/.test(await redis.cli('info', 'clients')), () => 'the connection was not closed')
  t.pass()
})

t.test('connections are shared by equal settings and by no others', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t, { config: ['user jack on >secret ~* +@all'] })
  const share = createShare()
  const conf = { count: 9, time_window: 60, ...at(redis) }
  const clients = async () => Number(/connected_clients:(\d+)/.exec(await redis.cli('info', 'clients'))?.[1]) - 1
  const plugins = [
    await run(t, 'limit-count', conf, { share, ownerKey: 'routes/1' }),
    await run(t, 'limit-count', { ...conf, count: 8 }, { share, ownerKey: 'routes/2' }),
    await run(t, 'limit-req', { rate: 9, burst: 9, key: 'remote_addr', ...at(redis) }, { share })
  ]
  for (const plugin of plugins) await send(plugin)
  t.equal(await clients(), 1)
  await send(await run(t, 'limit-count', { ...conf, redis_database: 1 }, { share }))
  await send(await run(t, 'limit-count', { ...conf, redis_username: 'jack', redis_password: 'secret' }, { share }))
  t.equal(await clients(), 3)
  t.match(await redis.cli('-n', '1', 'keys', '*'), /^clinch:limit-count:fixed:routes\/1:/, 'the database of the configuration')
  t.match(await redis.cli('client', 'list'), /user=jack/)
})

t.test('a wrong password, a redis that is away and one that is slow', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t, { config: ['requirepass secret'], login: ['--no-auth-warning', '-a', 'secret'] })
  const conf = { count: 1, time_window: 60, redis_timeout: 200, ...at(redis) }
  const recorder = recordLog('warn')
  t.equal(await send(await run(t, 'limit-count', { ...conf, redis_password: 'wrong' }, { recorder })), '500 -')
  t.notMatch(JSON.stringify(recorder.lines), /secret|wrong/, 'no password in the log')
  t.equal(await send(await run(t, 'limit-count', { ...conf, redis_password: 'secret' })), 'pass 0')
  t.equal(await send(await run(t, 'limit-count', { ...conf, allow_degradation: true, redis_port: await freePort() })), 'pass -')

  const plugin = await run(t, 'limit-count', { ...conf, count: 9, redis_password: 'secret' }, { recorder })
  t.equal(await send(plugin), 'pass 8')
  await redis.stop()
  t.equal(await send(plugin), '500 -')
  t.ok(recorder.lines.some(line => line.msg === 'redis connection failed' && line['redis'] === `127.0.0.1:${redis.port}`))
  t.ok(recorder.lines.some(line => line.msg === 'failed to limit count' && line['object'] === 'routes/1'))
  await redis.restart()
  await until(async () => (await send(plugin)).startsWith('pass'), () => 'it does not come back when redis does')
  redis.hang()
  t.equal(await send(plugin), '500 -')
  t.match(recorder.lines.at(-1), { err: { message: 'redis did not answer in time' }, msg: 'failed to limit count' })
})

t.test('over TLS, with and without verification', { skip: withoutRedis }, async t => {
  const leaf = createAuthority().issue({ sans: ['127.0.0.1'] })
  const folder = t.testdir({ 'cert.pem': leaf.chainPem, 'key.pem': leaf.keyPem })
  const port = await freePort()
  await startRedis(t, { config: [`tls-port ${port}`, `tls-cert-file ${folder}/cert.pem`, `tls-key-file ${folder}/key.pem`, 'tls-auth-clients no'] })
  const conf = { count: 1, time_window: 60, policy: 'redis', redis_host: '127.0.0.1', redis_port: port, redis_ssl: true }
  t.equal(await send(await run(t, 'limit-count', conf)), 'pass 0')
  t.equal(await send(await run(t, 'limit-count', { ...conf, redis_ssl_verify: true })), '500 -', 'nobody knows its authority')
})

t.test('with sync_interval requests are counted here, and redis is told', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  for (const windowType of ['fixed', 'sliding']) {
    const conf = { count: 3, time_window: 600, sync_interval: 0.1, window_type: windowType, ...at(redis) }
    const [one, other] = [await run(t, 'limit-count', conf), await run(t, 'limit-count', conf)]
    t.equal(await send(one), 'pass 2')
    t.equal(await send(other), 'pass 2', 'it has not heard of the other')
    const stored = async () => windowType === 'fixed' ? Number(await redis.cli('get', String(await redis.cli('keys', '*fixed*')))) : Number(await redis.cli('hget', String(await redis.cli('keys', '*sliding*')), 'current'))
    await until(async () => await stored() === 2, () => 'redis was not told')
    const third = [await send(one), await send(other)]
    t.ok(third.includes('pass 0'), 'whoever was told last knows of both')
  }
  const short = { count: 1, time_window: 1, sync_interval: 0.5, ...at(redis) }
  const direct = { ...short, time_window: '$http_x', sync_interval: 1 }
  const plugin = await run(t, 'limit-count', direct)
  const other = await run(t, 'limit-count', direct)
  const request = { variables: { ...client.variables, http_x: '1' } }
  t.strictSame([await send(plugin, request), await send(other, request)], ['pass 0', '503 0'], 'a window that is no longer than the interval is counted in redis')
})

t.test('with sync_interval and redis away each worker goes by its own count, and tells later', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const recorder = recordLog('warn')
  const plugin = await run(t, 'limit-count', { count: 2, time_window: 600, sync_interval: 0.1, redis_timeout: 100, ...at(redis) }, { recorder })
  await redis.stop()
  t.strictSame([await send(plugin), await send(plugin), await send(plugin)], ['pass 1', 'pass 0', '503 0'])
  await until(() => recorder.lines.some(({ msg }) => msg === 'counts could not be written to redis, this worker goes by its own'))
  await redis.restart()
  await until(async () => Number(await redis.cli('get', await redis.cli('keys', '*'))) >= 2, () => 'redis was never told') // more, where an answer came too late
})

t.test('a cluster', { skip: withoutRedis }, async t => {
  const nodes = await startRedisCluster(t, 3)
  const at = { policy: 'redis-cluster', redis_cluster_name: 'test', redis_cluster_nodes: [`127.0.0.1:${nodes[0]?.port}`] }
  const plugins = [
    await run(t, 'limit-count', { count: 1, time_window: 60, ...at }),
    await run(t, 'limit-count', { count: 1, time_window: 60, window_type: 'sliding', ...at }),
    await run(t, 'limit-req', { rate: 0.001, burst: 0, key: 'remote_addr', ...at }),
    await run(t, 'limit-conn', { conn: 1, burst: 0, default_conn_delay: 1, key: 'remote_addr', ...at })
  ]
  for (let client = 0; client < 8; client++) {
    const request = { variables: { remote_addr: `192.0.2.${client}` } }
    for (const plugin of plugins) t.strictSame([(await send(plugin, request)).slice(0, 4), (await send(plugin, request)).slice(0, 4)], ['pass', '503 '])
  }
  const held = await Promise.all(nodes.map(async node => Number(await node.cli('dbsize'))))
  t.equal(held.reduce((sum, keys) => sum + keys, 0), 32)
  t.ok(held.every(keys => keys > 0), 'every node has some')
})

t.test('a master that sentinels know, and the one that takes its place', { skip: withoutRedis }, async t => {
  const login = ['--no-auth-warning', '-a', 'secret']
  const config = ['requirepass secret', 'masterauth secret']
  const master = await startRedis(t, { config, login })
  const replica = await startRedis(t, { config: [...config, `replicaof 127.0.0.1 ${master.port}`], login })
  await until(async () => (await master.cli('info', 'replication')).includes('connected_slaves:1'), () => 'the replica does not follow') // a sentinel looks again after ten seconds
  const sentinel = await startRedis(t, {
    kind: 'sentinel',
    login: ['--no-auth-warning', '-a', 'guard'],
    config: ['requirepass guard', `sentinel monitor main 127.0.0.1 ${master.port} 1`, 'sentinel auth-pass main secret', 'sentinel down-after-milliseconds main 300', 'sentinel failover-timeout main 1000']
  })
  const plugin = await run(t, 'limit-count', {
    count: 5, time_window: 600, policy: 'redis-sentinel', redis_master_name: 'main', redis_password: 'secret', sentinel_password: 'guard', redis_sentinels: [{ host: '127.0.0.1', port: sentinel.port }]
  })
  t.equal(await send(plugin), 'pass 4')
  await until(async () => await replica.cli('dbsize') === '1', () => 'the replica has not followed')
  await until(async () => (await sentinel.cli('sentinel', 'replicas', 'main')).includes(String(replica.port)), () => 'the sentinel does not know the replica')
  await master.stop()
  await until(async () => (await send(plugin)).startsWith('pass'), () => 'it does not find the new master', 30_000)
  t.equal(await replica.cli('dbsize'), '1', 'the count went on')
})
