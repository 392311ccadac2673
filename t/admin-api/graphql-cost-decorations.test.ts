import t from 'tap'
import { startAdmin, type AdminServer } from './admin-server.ts'

const service = '/apisix/admin/services/shop'
const decorations = `${service}/graphql_cost_decorations`

async function start (t: Parameters<typeof startAdmin>[0]): Promise<AdminServer> {
  const server = await startAdmin(t)
  await server.send('PUT', service, {})
  return server
}

t.test('a decoration belongs to the service of its path', async t => {
  const { send } = await start(t)
  const orphan = await send('PUT', '/apisix/admin/services/none/graphql_cost_decorations/1', { field_path: 'Query.a' })
  t.strictSame([orphan.status, orphan.body], [404, { error_msg: 'service not found' }])
  t.match((await send('PUT', `${decorations}/1`, { field_path: 'Query.a' })).body, { key: '/apisix/services/shop/graphql_cost_decorations/1', value: { id: '1', service_id: 'shop' } })
  t.equal((await send('PUT', `${decorations}/1`, { field_path: 'Query.a', service_id: 'shop' })).status, 200)
  t.equal((await send('PUT', `${decorations}/1`, { field_path: 'Query.a', service_id: 'other' })).body.error_msg, 'wrong service_id, it is taken from the path')
  t.equal((await send('GET', '/apisix/admin/services')).body.total, 1, 'services are listed without them')
})

t.test('a field is decorated once on a service', async t => {
  const { send } = await start(t)
  await send('PUT', `${decorations}/1`, { field_path: 'Query.a' })
  const second = 'field_path Query.a is already decorated on this service by [1]'
  t.equal((await send('PUT', `${decorations}/2`, { field_path: 'Query.a' })).body.error_msg, second)
  t.equal((await send('POST', decorations, { field_path: 'Query.a' })).body.error_msg, second)
  t.equal((await send('PUT', `${decorations}/1`, { field_path: 'Query.a', add_value: 2 })).status, 200)
  await send('PUT', '/apisix/admin/services/other', {})
  t.equal((await send('PUT', '/apisix/admin/services/other/graphql_cost_decorations/1', { field_path: 'Query.a' })).status, 201)
})

t.test('a PATCH is of the whole object and leaves the service alone', async t => {
  const { send } = await start(t)
  await send('PUT', `${decorations}/1`, { field_path: 'Query.a' })
  t.equal((await send('PATCH', `${decorations}/1`, { service_id: 'shop' })).body.error_msg, 'service_id can not be patched')
  t.match((await send('PATCH', `${decorations}/1/ignored`, { mul_value: 3 })).body.value, { mul_value: 3, service_id: 'shop' })
  t.equal((await send('PATCH', `${decorations}/1/mul_value`, '4')).body.error_msg, 'invalid configuration')
})

t.test('decorations go with their service, and what was left is wiped when it comes anew', async t => {
  const { send, store } = await start(t)
  t.equal((await send('GET', decorations)).status, 404, 'an empty list is missing')
  await send('PUT', `${decorations}/1`, { field_path: 'Query.a' })
  await send('PUT', service, { name: 'shop' })
  t.equal((await send('GET', decorations)).body.total, 1, 'an update leaves them')
  await send('DELETE', service)
  t.equal((await store.list('/apisix/services/')).entries.length, 0)
  await store.put('/apisix/services/shop/graphql_cost_decorations/left', JSON.stringify({ id: 'left', field_path: 'Query.a' }))
  t.equal((await send('PUT', service, {})).status, 201)
  t.strictSame((await store.list('/apisix/services/')).entries.map(({ key }) => key), ['/apisix/services/shop'])
})

t.test('a decoration is held against its schema', async t => {
  const { send } = await start(t)
  const cases: ReadonlyArray<readonly [body: object, sentence: string]> = [
    [{}, 'property "field_path" is required'],
    [{ field_path: 'Query..a' }, 'property "field_path" validation failed: failed to match pattern "^[A-Za-z_][A-Za-z0-9_]*(\\\\.[A-Za-z_][A-Za-z0-9_]*)*$" with "Query..a"'],
    [{ field_path: 'Query.a', add_value: -1 }, 'property "add_value" validation failed: expected -1 to be at least 0'],
    [{ field_path: 'Query.a', mul_arguments: [''] }, 'property "mul_arguments" validation failed: failed to validate item 1: string too short, expected at least 1, got 0'],
    [{ field_path: 'Query.a', more: 1 }, 'additional properties forbidden, found more']
  ]
  for (const [body, sentence] of cases) t.equal((await send('PUT', `${decorations}/1`, body)).body.error_msg, `invalid configuration: ${sentence}`)
})
