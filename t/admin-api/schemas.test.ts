import t from 'tap'
import { startAdmin } from './admin-server.ts'

const at = (path: string) => `/apisix/admin/schema/${path}`

t.test('schemas are read by singular names', async t => {
  const { send } = await startAdmin(t)
  t.match((await send('GET', at('route'))).body, { type: 'object', properties: { uri: { type: 'string' } }, additionalProperties: false })
  t.match((await send('GET', at('ssl'))).body, { properties: { ocsp_stapling: { type: 'object' } } })
  t.match((await send('GET', at('upstream'))).body, { properties: { nodes: {} } })
  const kinds = [
    'route', 'service', 'upstream', 'consumer', 'credential', 'consumer_group', 'plugin_config', 'global_rule', 'ssl', 'proto', 'stream_route', 'graphql_cost_decoration'
  ]
  for (const name of kinds) t.match((await send('GET', at(name))).body, { type: 'object', properties: { update_time: { type: 'integer' } }, additionalProperties: false }, name)
  const helpers = [
    'id_schema', 'host_def', 'ip_def', 'uri_def', 'label_value_def', 'method_schema', 'health_checker', 'health_checker_active', 'health_checker_passive', 'discovery_nodes',
    'plugin_injected_schema', 'upstream_hash_vars_schema', 'upstream_hash_header_schema', 'upstream_hash_vars_combinations_schema', 'anonymous_consumer_schema'
  ]
  for (const name of helpers) {
    const { status, body } = await send('GET', at(name))
    t.equal(status, 200, name)
    t.ok(Object.keys(body).length > 0, name)
  }
})

t.test('a schema that is not known is a 400', async t => {
  const { send } = await startAdmin(t)
  for (const name of ['routes', 'plugin_metadata', 'secret', 'nope', 'toString', '__proto__']) {
    const reply = await send('GET', at(name))
    t.equal(reply.status, 400)
    t.equal(reply.text, `{"error_msg":"not found schema: ${name}"}\n`)
  }
  t.equal((await send('GET', at('validate/routes'))).body.error_msg, 'not found schema: validate')
})

t.test('a body is tried against a schema by plural names, and nothing is stored', async t => {
  const { send } = await startAdmin(t)
  const valid = await send('POST', at('validate/routes'), { uri: '/a', plugins: { nope: {} }, upstream_id: 'nope' })
  t.equal(valid.status, 200)
  t.equal(valid.text, '')
  const invalid = await send('POST', at('validate/routes'), { uri: 1 })
  t.equal(invalid.status, 400)
  t.equal(invalid.text, '{"error_msg":"property \\"uri\\" validation failed: wrong type: expected string, got number"}\n')
  t.equal((await send('POST', at('validate/routes'))).body.error_msg, 'wrong type: expected object, got nil')
  t.equal((await send('GET', '/apisix/admin/routes')).body.total, 0)
})

t.test('every collection is tried by itself: neither references nor semantics, and an id where the schema asks for one', async t => {
  const { send } = await startAdmin(t)
  const valid: ReadonlyArray<readonly [collection: string, body: object]> = [
    ['routes', { uri: '/a', service_id: 'none' }], ['services', { upstream_id: 'none' }], ['upstreams', { nodes: { 'a:70000': 1 }, type: 'chash' }],
    ['consumers', { username: 'jack', group_id: 'none', plugins: { nope: {} } }], ['credentials', { id: 'jack/credentials/1', plugins: { nope: {} } }],
    ['consumer_groups', { id: 1, plugins: {} }], ['plugin_configs', { id: 1, plugins: {} }], ['global_rules', { id: 1, plugins: {} }],
    ['ssls', { cert: 'c'.repeat(128), key: 'k'.repeat(64), sni: 'a' }], ['protos', { content: 'no proto' }], ['stream_routes', { protocol: { name: 'x' } }],
    ['graphql_cost_decorations', { field_path: 'Query.a' }]
  ]
  for (const [collection, body] of valid) {
    const reply = await send('POST', at(`validate/${collection}`), body)
    t.strictSame([reply.status, reply.text], [200, ''], collection)
  }
  for (const collection of ['consumer_groups', 'plugin_configs', 'global_rules']) {
    t.equal((await send('POST', at(`validate/${collection}`), { plugins: {} })).body.error_msg, 'property "id" is required')
  }
})

t.test('a collection without a schema cannot be tried', async t => {
  const { send } = await startAdmin(t)
  for (const [collection, status] of [['route', 404], ['nope', 404], ['plugin_metadata', 400], ['secrets', 400], ['plugins', 400], ['schema', 400]] as const) {
    t.equal((await send('POST', at(`validate/${collection}`), {})).status, status, collection)
  }
  t.equal((await send('POST', at('validate/route'), {})).body.error_msg, 'Unsupported resource type: route')
  t.equal((await send('POST', at('validate/routes'), {}, {})).status, 401)
})
