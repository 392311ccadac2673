import t from 'tap'
import { startAdmin } from './admin-server.ts'

const routes = '/apisix/admin/routes'
const route = { uri: '/a', plugins: {} }

t.test('in the format before version 3 each success says what was done, to which node', async t => {
  const { send } = await startAdmin(t, { apiVersion: 'v2' })
  const value = { id: '1', uri: '/a', plugins: {} }
  const node = { key: '/apisix/routes/1', value }
  const put = await send('PUT', `${routes}/1`, route)
  t.equal(put.status, 201)
  t.equal(put.headers.get('x-api-version'), 'v2')
  t.match(put.body, { action: 'set', node })
  t.strictSame(Object.keys(put.body), ['action', 'node'])
  const shown = await send('GET', `${routes}/1`)
  t.match(shown.body, { action: 'get', node })
  t.strictSame(Object.keys(shown.body.node), ['key', 'value'])
  t.match((await send('PATCH', `${routes}/1`, { desc: 'changed' })).body, { action: 'compareAndSwap', node: { key: node.key, value: { ...value, desc: 'changed' } } })
  const post = await send('POST', routes, route)
  t.equal(post.status, 201)
  t.match(post.body, { action: 'create', node: { key: /^\/apisix\/routes\/\d{20}$/, value: { uri: '/a' } } })
  t.strictSame((await send('DELETE', `${routes}/1`)).body, { action: 'delete', deleted: '1', key: '/apisix/routes/1', node: {} })
})

t.test('a list is a folder with its nodes, neither filtered nor paged', async t => {
  const { send } = await startAdmin(t, { apiVersion: 'v2' })
  await send('PUT', `${routes}/1`, { ...route, name: 'one' })
  await send('PUT', `${routes}/2`, route)
  const { status, body } = await send('GET', `${routes}?name=one&page=1&page_size=1`)
  t.equal(status, 200)
  t.match(body, {
    action: 'get',
    node: { dir: true, key: '/apisix/routes', nodes: [{ key: '/apisix/routes/1', value: { name: 'one' }, createdIndex: Number, modifiedIndex: Number }, { key: '/apisix/routes/2' }] }
  })
  t.equal(body.total, undefined)
  await send('PUT', '/apisix/admin/consumers', { username: 'jack', plugins: {} })
  t.match((await send('GET', '/apisix/admin/consumers')).body, { node: { key: '/apisix/consumers' } })
  t.match((await send('GET', '/apisix/admin/ssls')).body, { node: { dir: true, key: '/apisix/ssls', nodes: [] } })
})

t.test('failures, and what is no resource, are the same in both formats', async t => {
  const { send } = await startAdmin(t, { apiVersion: 'v2' })
  const missing = await send('GET', `${routes}/9`)
  t.equal(missing.text, '{"message":"Key not found"}\n')
  t.equal(missing.headers.get('x-api-version'), 'v2')
  t.match((await send('PUT', `${routes}/1`, {})).body, { error_msg: String })
  t.equal((await send('GET', '/apisix/admin/plugins/request-id')).headers.get('x-api-version'), 'v2')
  t.ok(Array.isArray((await send('GET', '/apisix/admin/plugins/list')).body))
  t.equal((await send('GET', '/apisix/admin/schema/route')).body.type, 'object')
  t.match((await send('GET', '/apisix/admin/openapi.json')).body.info.description, '`admin_api_version` is not `v3` here')
})
