import t from 'tap'
import { startAdmin } from './admin-server.ts'

const admin = '/apisix/admin'
const upstream = { nodes: { '127.0.0.1:1980': 1 } }
const mismatch = 'failed to check the configuration of plugin limit-count err: group conf mismatched'
const counting = (conf: object = {}) => ({ plugins: { 'limit-count': { count: 2, time_window: 60, group: 'g', ...conf } } })
const start = async (t: Parameters<typeof startAdmin>[0]) => await startAdmin(t, { plugins: ['limit-count', 'ip-restriction'] })

t.test('conformance 3: of two routes of one group the second must be like the first', async t => {
  const { send } = await start(t)
  t.equal((await send('PUT', `${admin}/routes/1`, { uri: '/a', upstream, ...counting() })).status, 201)
  const reply = await send('PUT', `${admin}/routes/2`, { uri: '/b', upstream, ...counting({ count: 3 }) })
  t.strictSame([reply.status, reply.body], [400, { error_msg: mismatch }])
  t.equal((await send('PUT', `${admin}/routes/2`, { uri: '/b', upstream, ...counting({ group: 'h', count: 3 }) })).status, 201, 'another group')
  t.equal((await send('PUT', `${admin}/routes/3`, { uri: '/c', upstream, ...counting({ key: 'remote_addr', _meta: { priority: 7 } }) })).status, 201, 'a default may be written out, and _meta is no part of it')
})

t.test('a group is one over all kinds of objects, and by every way of writing', async t => {
  const { send } = await start(t)
  await send('PUT', `${admin}/services/1`, { upstream, ...counting() })
  const writes: ReadonlyArray<readonly [method: string, path: string, body: object]> = [
    ['POST', 'routes', { uri: '/a', upstream }],
    ['PUT', 'services/2', { upstream }],
    ['PUT', 'plugin_configs/1', {}],
    ['PUT', 'consumer_groups/1', {}],
    ['PUT', 'global_rules/1', {}],
    ['PUT', 'consumers', { username: 'jack' }]
  ]
  for (const [method, path, body] of writes) {
    const reply = await send(method, `${admin}/${path}`, { ...body, ...counting({ time_window: 61 }) })
    t.strictSame([reply.status, reply.body], [400, { error_msg: mismatch }], path)
    t.equal((await send(method, `${admin}/${path}`, { ...body, ...counting() })).status, 201, path)
  }
  t.equal((await send('PATCH', `${admin}/services/2`, counting({ count: 9 }))).body.error_msg, mismatch)
})

t.test('the only one of a group may change, and what left it binds nobody', async t => {
  const { send } = await start(t)
  await send('PUT', `${admin}/routes/1`, { uri: '/a', upstream, ...counting() })
  t.equal((await send('PUT', `${admin}/routes/1`, { uri: '/a', upstream, ...counting({ count: 3 }) })).status, 200)
  t.equal((await send('PATCH', `${admin}/routes/1`, counting({ count: 4 }))).status, 200)
  t.equal((await send('PUT', `${admin}/routes/2`, { uri: '/b', upstream, ...counting({ count: 3 }) })).body.error_msg, mismatch, 'what was patched counts at once')
  t.equal((await send('PUT', `${admin}/routes/2`, { uri: '/b', upstream, ...counting({ count: 4 }) })).status, 201)
  await send('DELETE', `${admin}/routes/1`)
  t.equal((await send('PUT', `${admin}/routes/2`, { uri: '/b', upstream, ...counting({ count: 5 }) })).status, 200)
})

t.test('secrets are compared as they are, not as they are stored', async t => {
  const { send, store } = await start(t)
  const redis = { policy: 'redis', redis_host: '127.0.0.1', redis_password: 'one' }
  t.equal((await send('PUT', `${admin}/routes/1`, { uri: '/a', upstream, ...counting(redis) })).status, 201)
  t.notMatch((await store.get('/apisix/routes/1'))?.value, /"one"/, 'encrypted')
  t.equal((await send('PUT', `${admin}/routes/2`, { uri: '/b', upstream, ...counting(redis) })).status, 201)
  const reply = await send('PUT', `${admin}/routes/3`, { uri: '/c', upstream, ...counting({ ...redis, redis_password: 'two' }) })
  t.strictSame([reply.status, reply.body], [400, { error_msg: mismatch }])
  t.notMatch(reply.text, /one|two/)
})

t.test('in a configuration that comes as a whole', async t => {
  const { send } = await start(t)
  const routes = [{ id: '1', uri: '/a', upstream, ...counting() }, { uri: '/b', upstream, ...counting() }]
  t.equal((await send('POST', `${admin}/configs/validate`, { routes })).status, 200)
  const reply = await send('POST', `${admin}/configs/validate`, { routes, services: [{ id: 's', upstream, ...counting({ count: 9 }) }] })
  t.equal(reply.status, 400)
  t.match(reply.text, 'group conf mismatched')
})
