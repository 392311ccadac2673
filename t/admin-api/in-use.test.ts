import t from 'tap'
import { startAdmin, type AdminServer } from './admin-server.ts'

const plugins = ['request-id', './t/admin-api/plugins/traffic-split.ts', './t/admin-api/plugins/grpc-transcode.ts']
const admin = (path: string) => `/apisix/admin/${path}`
const start = async (t: Parameters<typeof startAdmin>[0]): Promise<AdminServer> => await startAdmin(t, { plugins, streamMode: true })
const splitTo = (id: string | number) => ({ 'traffic-split': { rules: [{ weighted_upstreams: [{ weight: 1 }, { upstream_id: id }] }] } })

const cases: ReadonlyArray<readonly [target: string, holder: string, body: object, sentence: string]> = [
  ['upstreams/u', 'routes/r', { uri: '/a', upstream_id: 'u' }, 'can not delete this upstream, route [r] is still using it now'],
  ['upstreams/7', 'services/s', { upstream_id: 7 }, 'can not delete this upstream, service [s] is still using it now'],
  ['upstreams/u', 'routes/r', { uri: '/a', upstream_id: 'u', plugins: splitTo('u') }, 'can not delete this upstream, plugin in route [r] is still using it now'],
  ['upstreams/7', 'services/s', { plugins: splitTo(7) }, 'can not delete this upstream, plugin in service [s] is still using it now'],
  ['upstreams/u', 'plugin_configs/p', { plugins: splitTo('u') }, 'can not delete this upstream, plugin in plugin_config [p] is still using it now'],
  ['upstreams/u', 'consumers/jack', { username: 'jack', plugins: splitTo('u') }, 'can not delete this upstream, plugin in consumer [jack] is still using it now'],
  ['upstreams/u', 'consumer_groups/g', { plugins: splitTo('u') }, 'can not delete this upstream, plugin in consumer_group [g] is still using it now'],
  ['upstreams/u', 'global_rules/g', { plugins: splitTo('u') }, 'can not delete this upstream, plugin in global_rules [g] is still using it now'],
  ['services/s', 'routes/r', { uri: '/a', service_id: 's' }, 'can not delete this service directly, route [r] is still using it now'],
  ['services/7', 'stream_routes/r', { service_id: 7 }, 'can not delete this service directly, stream_route [r] is still using it now'],
  ['plugin_configs/p', 'routes/r', { uri: '/a', plugins: {}, plugin_config_id: 'p' }, 'can not delete this plugin config, route [r] is still using it now'],
  ['consumer_groups/g', 'consumers/jack', { username: 'jack', group_id: 'g' }, 'can not delete this consumer group, consumer [jack] is still using it now'],
  ['protos/p', 'routes/r', { uri: '/a', plugins: { 'grpc-transcode': { proto_id: 'p' } } }, 'can not delete this proto, route [r] is still using it now'],
  ['protos/7', 'services/s', { plugins: { 'grpc-transcode': { proto_id: 7 } } }, 'can not delete this proto, service [s] is still using it now']
]

const bodies: Readonly<Record<string, object>> = {
  upstreams: { nodes: {} }, services: {}, plugin_configs: { plugins: {} }, consumer_groups: { plugins: {} }, protos: { content: 'syntax = "proto3";' }
}

t.test('what is in use stays until it is no longer used, or until it is forced', async t => {
  const { send } = await start(t)
  for (const [target, holder, body, sentence] of cases) {
    const [collection = ''] = target.split('/')
    await send('PUT', admin(target), bodies[collection])
    const held = await send('PUT', admin(holder), body)
    t.equal(held.status, 201, held.text)
    for (const query of ['', '?force=1', '?force=TRUE', '?force=']) {
      const reply = await send('DELETE', admin(target + query))
      t.strictSame([reply.status, reply.body], [400, { error_msg: sentence }], target + query)
    }
    await send('DELETE', admin(holder))
    t.equal((await send('DELETE', admin(target))).status, 200, 'right after its holder')
    await send('PUT', admin(target), bodies[collection])
    await send('PUT', admin(holder), body)
    t.equal((await send('DELETE', admin(`${target}?force=true`))).body.deleted, '1')
    t.equal((await send('DELETE', admin(`${holder}?force=true`))).status, 200)
  }
})

t.test('an id that is only alike is not in use', async t => {
  const { send, store } = await start(t)
  await send('PUT', admin('upstreams/u'), bodies['upstreams'])
  await send('PUT', admin('upstreams/u2'), bodies['upstreams'])
  await send('PUT', admin('routes/r'), { uri: '/a', upstream_id: 'u2', plugins: splitTo('u3') })
  await store.put('/apisix/routes/odd', JSON.stringify({ id: 'odd', plugins: { 'traffic-split': { rules: { weighted_upstreams: 'u' } } } }))
  await store.put('/apisix/routes/odder', JSON.stringify({ id: 'odder', plugins: [] }))
  t.equal((await send('DELETE', admin('upstreams/u'))).status, 200)
})

t.test('stream routes do not hold their upstream, but their superior', async t => {
  const { send, store } = await start(t)
  await send('PUT', admin('upstreams/u'), bodies['upstreams'])
  await send('PUT', admin('stream_routes/1'), { upstream_id: 'u' })
  t.equal((await send('DELETE', admin('upstreams/u'))).status, 200)
  await store.put('/apisix/stream_routes/2', JSON.stringify({ id: '2', protocol: { name: 'redis', superior_id: 1 } }))
  t.equal((await send('DELETE', admin('stream_routes/1'))).body.error_msg, 'can not delete this stream route directly, stream route [2] is still using it as superior_id')
})

t.test('what nobody can refer to, or nobody looks after, is deleted as it is', async t => {
  const { send } = await start(t)
  await send('PUT', admin('upstreams/u'), bodies['upstreams'])
  await send('PUT', admin('global_rules/g'), { plugins: splitTo('u') })
  t.equal((await send('DELETE', admin('global_rules/g'))).status, 200)
  t.equal((await send('DELETE', admin('upstreams/missing'))).status, 404)
})
