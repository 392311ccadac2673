import t from 'tap'
import { createAuthority } from '../support/pki.ts'
import { adminKey, startAdmin, viewerKey } from './admin-server.ts'

const path = '/apisix/admin/configs/validate'
const upstream = { nodes: { '127.0.0.1:1980': 1 } }
const yaml = { 'x-api-key': adminKey, 'content-type': 'application/yaml' }

t.test('a configuration without a mistake is fine, and nothing is stored', async t => {
  const admin = await startAdmin(t)
  for (const body of [
    '{}',
    { routes: [] },
    { routes: {} },
    { routes: [{ id: 'r1', uri: '/a', upstream, create_time: 1, update_time: 2 }, { uri: '/b', service_id: 'later' }, { uri: '/c', upstream_id: 1 }], routes_conf_version: 7 },
    { consumers: [{ username: 'jack' }, { id: 'jack/credentials/one' }], consumer_groups: [{ id: 'g', plugins: {} }] },
    { secrets: [{ id: 'vault/one', uri: 'http://vault:8200', prefix: 'kv/apisix', token: 't' }], plugin_metadata: [{ id: 'ip-restriction' }] },
    { plugins: [{ name: 'cors' }, { name: 'mqtt-proxy', stream: true }] },
    { global_rules: [{ id: 1, plugins: { 'request-id': {} } }, { id: 2, plugins: { 'ip-restriction': { blacklist: ['10.0.0.0/8'] } } }] },
    { 'X-Digest': 'a', 'X-Last-Modified': 1, services: [{ id: 's', upstream }] } // what GET of the standalone API gives
  ]) {
    const answer = await admin.send('POST', path, body)
    t.equal(answer.status, 200, answer.text)
    t.equal(answer.text, '{}\n')
    t.equal(answer.headers.get('content-type'), 'application/json')
    t.equal(answer.headers.get('x-api-version'), null)
  }
  t.same((await admin.store.list('')).entries, [])
})

t.test('every mistake is told, one for each object, and that it is there twice', async t => {
  const admin = await startAdmin(t)
  const answer = await admin.send('POST', path, {
    routes: [
      { id: 'r1', uri: 5, hosts: 1 },
      { id: 'r1', uri: '/b', upstream },
      { id: 'r1', uri: 7 },
      'no object',
      { uri: '/d', plugins: { 'no-such-plugin': {} } },
      { id: 'r2', uri: '/e', upstream, modifiedIndex: 1 }
    ],
    routes_conf_version: '1',
    ssls_conf_version: null,
    services: 'none',
    routs: [],
    consumers: [{ username: 'jack' }, { username: 'jack' }, { id: 'jack/credentials/one' }, { id: 'jack/credentials/one' }, { id: 'ja ck/credentials/two' }],
    secrets: [{ id: 'one' }, { id: 'nowhere/one' }],
    plugin_metadata: [{ id: 'no-such-plugin' }, {}],
    plugins: [{ name: 1 }]
  })
  t.equal(answer.status, 400)
  t.equal(answer.body.error_msg, 'Configuration validation failed')
  const wrongType = 'invalid configuration: property "uri" validation failed: wrong type: expected string, got number'
  t.same(answer.body.errors, [
    { resource_type: 'routes', error: 'routes_conf_version must be a number, got string' },
    { resource_type: 'ssls', error: 'ssls_conf_version must be a number, got userdata' },
    { resource_type: 'routs', error: 'unknown resource type' },
    { resource_type: 'routes', resource_id: 'r1', index: 0, error: wrongType },
    { resource_type: 'routes', resource_id: 'r1', index: 1, error: 'found duplicate id r1 in routes' },
    { resource_type: 'routes', resource_id: 'r1', index: 2, error: wrongType },
    { resource_type: 'routes', resource_id: 'r1', index: 2, error: 'found duplicate id r1 in routes' },
    { resource_type: 'routes', resource_id: '', index: 3, error: 'invalid configuration: wrong type: expected object, got string' },
    { resource_type: 'routes', resource_id: '', index: 4, error: 'unknown plugin [no-such-plugin]' },
    { resource_type: 'routes', resource_id: 'r2', index: 5, error: 'invalid configuration: additional properties forbidden, found modifiedIndex' },
    { resource_type: 'services', error: 'services must be an array' },
    { resource_type: 'consumers', resource_id: 'jack', index: 1, error: 'found duplicate username jack in consumers' },
    { resource_type: 'consumers', resource_id: 'jack/credentials/one', index: 3, error: 'found duplicate credential id jack/credentials/one in consumers' },
    { resource_type: 'consumers', resource_id: 'ja ck/credentials/two', index: 4, error: 'invalid credential id: ja ck/credentials/two' },
    { resource_type: 'plugin_metadata', resource_id: 'no-such-plugin', index: 0, error: 'invalid plugin name' },
    { resource_type: 'plugin_metadata', resource_id: '', index: 1, error: 'missing plugin name' },
    { resource_type: 'plugins', resource_id: '', index: 0, error: 'invalid configuration: property "name" validation failed: wrong type: expected string, got number' },
    { resource_type: 'secrets', resource_id: 'one', index: 0, error: 'invalid secret id: one' },
    { resource_type: 'secrets', resource_id: 'nowhere/one', index: 1, error: 'invalid secret manager: nowhere' }
  ])
})

t.test('ids that are equal as text are one id', async t => {
  const admin = await startAdmin(t)
  const answer = await admin.send('POST', path, { upstreams: [{ id: 1, ...upstream }, { id: '1', ...upstream }] })
  t.match(answer.body.errors, [{ resource_id: '1', index: 1, error: 'found duplicate id 1 in upstreams' }])
})

t.test('certificates that upstreams refer to are looked for in the configuration, then in the store', async t => {
  const admin = await startAdmin(t)
  const { certPem, keyPem } = createAuthority().issue({ sans: ['client'] })
  const ssl = { type: 'client', cert: certPem, key: keyPem }
  const using = (id: string) => ({ uri: '/a', upstream: { ...upstream, tls: { client_cert_id: id } } })
  t.equal((await admin.send('POST', path, { routes: [using('c')], ssls: [{ id: 'c', ...ssl }] })).status, 200)
  const missing = await admin.send('POST', path, { routes: [using('c')] })
  t.match(missing.body.errors, [{ error: 'failed to fetch ssl info by ssl id [c], response code: 404' }])
  await admin.send('PUT', '/apisix/admin/ssls/c', ssl)
  t.equal((await admin.send('POST', path, { routes: [using('c')] })).status, 200)
})

t.test('one plugin in two global rules is a mistake, wherever the other rule is', async t => {
  const admin = await startAdmin(t)
  const rule = (id: number) => ({ id, plugins: { 'request-id': {} } })
  const twice = await admin.send('POST', path, { global_rules: [rule(1), rule(2)] })
  t.equal(twice.body.errors.length, 2)
  t.equal(twice.body.errors[0].error, 'plugin \'request-id\' already exists in global rule with id \'2\'')
  await admin.send('PUT', '/apisix/admin/global_rules/9', { plugins: { 'request-id': {} } })
  t.equal((await admin.send('POST', path, { global_rules: [rule(1)] })).body.errors[0].error, 'plugin \'request-id\' already exists in global rule with id \'9\'')
  t.equal((await admin.send('POST', path, { global_rules: [rule(9)] })).status, 200, 'a rule that would be replaced is no other')
})

t.test('YAML is read when the content type says so', async t => {
  const admin = await startAdmin(t)
  const good = await admin.send('POST', path, 'routes:\n  - &first { id: r1, uri: /a, upstream: { nodes: { "127.0.0.1:80": 1 } } }\n  - { <<: *first, id: r2 }\n', { ...yaml, 'content-type': 'application/yaml; charset=utf-8' })
  t.equal(good.status, 200, good.text)
  const bad = await admin.send('POST', path, 'routes:\n  - id: r1\n    uri: 1\n', yaml)
  t.match(bad.body.errors, [{ resource_id: 'r1', index: 0 }])
  t.equal((await admin.send('POST', path, 'routes: []')).body.error_msg, 'invalid request body: Expected value but found "routes" at line 1 column 1 (character 1)')
})

t.test('a body that cannot be read is refused, and not repeated', async t => {
  const admin = await startAdmin(t)
  const wrongYaml = { error_msg: 'invalid request body: invalid yaml request body' }
  const cases: ReadonlyArray<readonly [string, object, object?]> = [
    ['', { error_msg: 'invalid request body: empty request body' }],
    ['{1', { error_msg: /^invalid request body: Expected object key string but found T_NUMBER at line 1 column 2/ }],
    ['5', { error_msg: /^invalid request body: it must be an object of lists/ }],
    ['routes: [\n', { ...wrongYaml, hint: /at line 2 column 1$/ }, yaml],
    ['a: 1\na: 2\n', { ...wrongYaml, hint: /unique at line 2 column 1$/ }, yaml],
    ['just text', wrongYaml, yaml],
    ['# nothing', wrongYaml, yaml],
    ['routes: &all [*all]', wrongYaml, yaml],
    [`a0: &a0 [x]\n${Array.from({ length: 9 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array.from({ length: 9 }, () => `*a${at}`).join()}]`).join('\n')}`, { ...wrongYaml, hint: /Excessive alias count/ }, yaml]
  ]
  for (const [body, expected, headers] of cases) {
    const answer = await admin.send('POST', path, body, headers as Record<string, string> | undefined)
    t.equal(answer.status, 400)
    t.match(answer.body, expected)
    t.notOk('req_body' in answer.body)
  }
  const large = await admin.send('POST', path, ' '.repeat(1_572_865))
  t.match(large.body, { error_msg: 'invalid request body: request size 1572865 is greater than the maximum size 1572864 allowed' })
})

t.test('a key is asked for, and that of a viewer does not do', async t => {
  const admin = await startAdmin(t)
  t.equal((await admin.send('POST', path, '{}', {})).status, 401)
  t.match((await admin.send('POST', path, '{}', { 'x-api-key': viewerKey })).body, { description: 'invalid method for role viewer' })
})

t.test('other methods and paths lead to the resource that there is not', async t => {
  const admin = await startAdmin(t)
  for (const [method, other] of [['GET', path], ['GET', '/apisix/admin/configs'], ['PUT', '/apisix/admin/configs']] as const) {
    const answer = await admin.send(method, other)
    t.equal(answer.status, 404)
    t.same(answer.body, { error_msg: 'Unsupported resource type: configs' })
  }
})
