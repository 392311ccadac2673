import type { Store } from '@clinch/store'
import t from 'tap'
import { openStore, startAdmin, type AdminServer } from './admin-server.ts'

const path = '/apisix/admin/routes/1'

async function startWith (t: Parameters<typeof startAdmin>[0], route: object): Promise<AdminServer> {
  const server = await startAdmin(t)
  await server.send('PUT', path, { uri: '/a', plugins: {}, ...route })
  return server
}

t.test('null removes, {} and arrays replace, objects merge', async t => {
  const { send } = await startWith(t, { desc: 'd', labels: { a: '1', b: '2' }, methods: ['GET'], upstream: { nodes: { 'a:1': 1, 'b:1': 1 } }, plugins: { 'request-id': {} } })
  const patched = async (body: object) => (await send('PATCH', path, body)).body.value
  t.notOk('desc' in await patched({ desc: null }))
  t.strictSame((await patched({ labels: { a: null, c: '3' } })).labels, { b: '2', c: '3' })
  t.strictSame((await patched({ methods: ['PUT', 'POST'] })).methods, ['PUT', 'POST'])
  t.strictSame((await patched({ upstream: { nodes: { 'a:1': 0, 'c:1': 1 } } })).upstream.nodes, { 'a:1': 0, 'b:1': 1, 'c:1': 1 })
  const list = [{ host: 'd', port: 1, weight: 1 }]
  t.strictSame((await patched({ upstream: { nodes: list } })).upstream.nodes, list)
  t.strictSame((await patched({ upstream: { nodes: { 'e:1': 1 } } })).upstream.nodes, { 'e:1': 1 })
  t.strictSame((await patched({ plugins: {} })).plugins, {})
  t.strictSame((await patched({ plugins: { 'request-id': {} } })).plugins, { 'request-id': {} })
  t.strictSame((await patched({ desc: 'again' })).desc, 'again')
})

t.test('a patch is answered without revisions and checked as a whole object', async t => {
  const { send } = await startWith(t, {})
  const reply = await send('PATCH', path, { desc: 'd' })
  t.equal(reply.status, 200)
  t.strictSame(Object.keys(reply.body), ['key', 'value'])
  t.equal((await send('PATCH', path, { uri: null })).body.error_msg, 'invalid configuration: allOf 1 failed: value should match only one schema, but matches none')
  t.equal((await send('PATCH', path, { hosts: ['a'], host: 'b' })).body.error_msg, 'only one of host or hosts is allowed')
  t.equal((await send('PATCH', path, { id: '2' })).body.error_msg, 'wrong route id')
  for (const body of ['"text"', '1', 'null', '[]']) t.equal((await send('PATCH', path, body)).body.error_msg, 'invalid configuration')
})

t.test('a null inside an object that is new is kept, and then refused', async t => {
  const { send } = await startWith(t, {})
  t.equal((await send('PATCH', path, { timeout: { connect: 1, send: 1, read: null } })).body.error_msg,
    'invalid configuration: property "timeout" validation failed: property "read" validation failed: wrong type: expected number, got userdata')
})

t.test('a patch may set the timestamps; otherwise it is an update', async t => {
  const { send, clock } = await startWith(t, {})
  clock.nowMs += 10_000
  const now = clock.nowMs / 1000
  t.match((await send('PATCH', path, { desc: 'd' })).body.value, { create_time: now - 10, update_time: now })
  t.match((await send('PATCH', path, { create_time: 1, update_time: 2 })).body.value, { create_time: 1, update_time: 2 })
  t.match((await send('PATCH', `${path}/desc`, '"e"')).body.value, { create_time: 1, update_time: now })
  t.match((await send('PATCH', path, { create_time: null, update_time: null })).body.value, { create_time: now, update_time: now })
  t.match((await send('PATCH', path, { update_time: 'x' })).body.error_msg, 'property "update_time" validation failed: wrong type: expected integer, got string')
})

t.test('a sub-path sets one member, whatever its document', async t => {
  const { send } = await startWith(t, { methods: ['GET'] })
  const patched = async (below: string, body: unknown) => (await send('PATCH', `${path}/${below}`, JSON.stringify(body))).body.value
  t.equal((await patched('uri', '/new')).uri, '/new')
  t.equal((await patched('enable_websocket', false)).enable_websocket, false)
  t.strictSame((await patched('methods', ['POST'])).methods, ['POST'])
  t.strictSame((await patched('upstream', { nodes: {} })).upstream, { nodes: {} })
  t.strictSame((await patched('upstream/nodes', { '10.0.0.8:80': 1 })).upstream, { nodes: { '10.0.0.8:80': 1 } })
  t.strictSame((await patched('labels/deep', 'x')).labels, { deep: 'x' })
})

t.test('a sub-path does not remove, and does not go through what is no object', async t => {
  const { send } = await startWith(t, { hosts: ['a'], desc: 'd' })
  const refused = async (below: string, body: string) => (await send('PATCH', `${path}/${below}`, body)).body.error_msg
  t.equal(await refused('hosts', 'null'), 'invalid configuration: property "hosts" validation failed: wrong type: expected array, got userdata')
  t.equal(await refused('desc', 'null'), 'invalid configuration: property "desc" validation failed: wrong type: expected string, got userdata')
  t.equal(await refused('uri/x', '1'), 'invalid sub-path: /uri')
  t.equal(await refused('hosts/1', '"b"'), 'invalid sub-path: /hosts')
  t.equal(await refused('id', '"2"'), 'wrong route id')
  t.equal(await refused('labels' + '/a'.repeat(7000), '1'), 'invalid sub-path: deeper than 1000')
  const deep = 'property "labels" validation failed: failed to validate a (matching ".*"): wrong type'
  t.match(await refused('labels' + '/a'.repeat(999), '['.repeat(999) + ']'.repeat(999)), deep)
  t.equal((await send('PATCH', `${path}/desc`)).body.error_msg, 'missing new configuration')
})

t.test('of two patches of one revision one wins and the other is told so', async t => {
  const store = await openStore(t)
  await store.put('/apisix/routes/1', JSON.stringify({ id: '1', uri: '/a', plugins: {} }))
  const { send } = await startAdmin(t, { store: readingTogether(store, 2) })
  const replies = await Promise.all([send('PATCH', path, { desc: 'one' }), send('PATCH', `${path}/desc`, '"other"')])
  const [won, lost] = replies.toSorted((a, b) => a.status - b.status)
  t.equal(won?.status, 200)
  t.equal(lost?.status, 503)
  t.equal(lost?.text, '{"error_msg":"value changed before overwritten"}\n')
  t.equal(JSON.parse((await store.get('/apisix/routes/1'))?.value ?? '').desc, won?.body.value.desc)
})

t.test('a member named __proto__ is a member like any other', async t => {
  const { send } = await startWith(t, { labels: { a: '1' } })
  t.strictSame(JSON.stringify((await send('PATCH', path, '{"labels":{"__proto__":"x","constructor":"y"}}')).body.value.labels), '{"a":"1","__proto__":"x","constructor":"y"}')
  t.match((await send('PATCH', path, '{"__proto__":{"status":0}}')).body.error_msg, 'additional properties forbidden, found __proto__')
  t.match((await send('PATCH', `${path}/__proto__/polluted`, 'true')).body.error_msg, 'additional properties forbidden, found __proto__')
  t.match((await send('PATCH', `${path}/constructor/prototype/polluted`, 'true')).body.error_msg, 'additional properties forbidden, found constructor')
  t.match((await send('PUT', path, '{"__proto__":{"uri":"/a","plugins":{}}}')).status, 400)
  t.notOk('polluted' in {})
})

/** A store whose reads are answered when that many have been asked for. */
function readingTogether (store: Store, readers: number): Store {
  const all = Promise.withResolvers<undefined>()
  let asked = 0
  const get: Store['get'] = async key => {
    if (++asked === readers) all.resolve(undefined)
    const entry = await store.get(key)
    await all.promise
    return entry
  }
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'get') return get
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) as unknown : member
    }
  })
}
