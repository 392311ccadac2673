import { createKeyring, DocumentStore } from '@clinch/store'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { createAuthority } from '../support/pki.ts'
import { adminKey, startAdmin, viewerKey, type AdminServer, type Reply } from './admin-server.ts'

const path = '/apisix/admin/configs'
const upstream = { nodes: { '127.0.0.1:1980': 1 } }
const route = (id: string | number, uri = '/a') => ({ id, uri, upstream })

const noVersions = Object.fromEntries([
  'routes', 'services', 'upstreams', 'consumers', 'ssls', 'protos', 'global_rules', 'stream_routes', 'plugin_metadata', 'plugin_configs',
  'consumer_groups', 'secrets', 'plugins'
].map(collection => [`${collection}_conf_version`, 0]))

interface Standalone extends AdminServer {
  /** Values by key, as the rest of the gateway sees them. */
  objects (): Promise<Record<string, Record<string, unknown>>>
  readonly usedPlugins: Array<readonly string[] | undefined>
  put (digest: string, body: unknown, headers?: Record<string, string>): Promise<Reply>
}

async function startStandalone (t: Test): Promise<Standalone> {
  const store = new DocumentStore()
  t.teardown(() => store.close())
  const usedPlugins: Array<readonly string[] | undefined> = []
  const admin = await startAdmin(t, {
    store,
    prefix: '',
    keyring: createKeyring(['qeddd145sfvddff3']),
    standalone: {
      replace: async ({ entries, plugins }) => {
        usedPlugins.push(plugins)
        store.replace(entries)
      }
    }
  })
  return {
    ...admin,
    usedPlugins,
    objects: async () => Object.fromEntries((await store.list('')).entries.map(({ key, value }) => [key, JSON.parse(value) as Record<string, unknown>])),
    put: async (digest, body, headers) => await admin.send('PUT', path, body, { 'x-api-key': adminKey, 'x-digest': digest, ...headers })
  }
}

t.test('before the first configuration there are versions, and no mark', async t => {
  const admin = await startStandalone(t)
  const answer = await admin.send('GET', path)
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('content-type'), 'application/json')
  t.same(answer.body, noVersions)
  t.equal(answer.headers.get('x-digest'), null)
  t.equal(answer.headers.get('x-last-modified'), null)
  const head = await admin.send('HEAD', path)
  t.equal(head.status, 200)
  t.equal(head.headers.get('x-digest'), null)
})

t.test('a configuration that was taken is shown again, with its mark', async t => {
  const admin = await startStandalone(t)
  const seconds = String(admin.clock.nowMs / 1000)
  const taken = await admin.put('one', { routes: [route('r1')], consumers: [{ username: 'jack' }], routes_conf_version: 1062 })
  t.equal(taken.status, 202, taken.text)
  t.equal(taken.text, '')
  t.equal(taken.headers.get('x-digest'), 'one')
  t.equal(taken.headers.get('x-last-modified'), seconds)

  const shown = await admin.send('GET', path)
  t.same(shown.body, {
    ...Object.fromEntries(Object.keys(noVersions).map(member => [member, 1])),
    routes_conf_version: 1062,
    routes: [route('r1')],
    consumers: [{ username: 'jack' }],
    'X-Digest': 'one',
    'X-Last-Modified': Number(seconds)
  })
  t.equal(shown.headers.get('x-digest'), 'one')
  const head = await admin.send('HEAD', path)
  t.equal(head.headers.get('x-digest'), 'one')
  t.equal(head.headers.get('x-last-modified'), seconds)
  t.equal(head.text, '')

  const asYaml = await admin.send('GET', path, undefined, { 'x-api-key': adminKey, accept: 'application/yaml' })
  t.equal(asYaml.headers.get('content-type'), 'application/yaml')
  t.notMatch(asYaml.text, /^(---|\.\.\.)/m)
  t.same(parse(asYaml.text), shown.body)
})

t.test('what was shown can be sent again', async t => {
  const admin = await startStandalone(t)
  await admin.put('one', { routes: [route('r1')] })
  const { body } = await admin.send('GET', path)
  t.equal((await admin.put('two', body)).status, 202)
  t.same((await admin.send('GET', path)).body.routes, [route('r1')])
})

t.test('YAML is taken when the content type says so', async t => {
  const admin = await startStandalone(t)
  const taken = await admin.put('one', 'routes:\n  - id: r1\n    uri: /a\n    upstream: { nodes: { "127.0.0.1:1980": 1 } }\n', { 'content-type': 'application/yaml' })
  t.equal(taken.status, 202, taken.text)
  t.same(Object.keys(await admin.objects()), ['/routes/r1'])
  t.same((await admin.put('two', 'routes: [', { 'content-type': 'application/yaml' })).body.error_msg, 'invalid request body: invalid yaml request body')
})

t.test('the same digest is answered 204 and nothing is looked at', async t => {
  const admin = await startStandalone(t)
  await admin.put('one', { routes: [route('r1')] })
  const again = await admin.put('one', { routes: [{ id: 'broken' }] })
  t.equal(again.status, 204)
  t.same(Object.keys(await admin.objects()), ['/routes/r1'])
  t.equal((await admin.put('one', '{')).status, 400, 'but it must be a document')
})

t.test('a PUT that is wrong is refused with its first mistake, and changes nothing', async t => {
  const admin = await startStandalone(t)
  await admin.put('one', { routes: [route('r1')], routes_conf_version: 1062 })
  const cases: ReadonlyArray<readonly [unknown, string | RegExp]> = [
    ['', 'invalid request body: empty request body'],
    ['{1', /^invalid request body: Expected object key string but found T_NUMBER at line 1 column 2/],
    [{ routes: [{ id: 'x', uri: 1 }] }, 'invalid routes at index 0, err: invalid configuration: property "uri" validation failed: wrong type: expected string, got number'],
    [{ routes: [route('x'), { ...route('y'), plugins: { nothing: {} } }] }, 'invalid routes at index 1, err: unknown plugin [nothing]'],
    [{ routes: [route('x'), route('x')] }, 'found duplicate id x in routes'],
    [{ consumers: [{ username: 'jack' }, { username: 'jack' }] }, 'found duplicate username jack in consumers'],
    [{ routes: [{ ...route('x'), modifiedIndex: 'one' }] }, 'invalid routes at index 0, err: invalid configuration: property "modifiedIndex" validation failed: wrong type: expected integer, got string'],
    [{ routes: { id: 'x' } }, 'routes must be an array'],
    [{ routs: [] }, 'unknown resource type: routs'],
    [{ routes_conf_version: 'new' }, 'routes_conf_version must be a number'],
    [{ routes_conf_version: null }, 'routes_conf_version must be a number'],
    [{ routes_conf_version: 1061 }, 'routes_conf_version must be greater than or equal to (1062)']
  ]
  for (const [body, expected] of cases) {
    const answer = await admin.put('two', body)
    t.equal(answer.status, 400)
    t.match(answer.body.error_msg, expected)
  }
  t.equal((await admin.send('PUT', path, '{')).body.error_msg, 'missing digest header', 'told before the body is looked at')
  t.same(Object.keys(await admin.objects()), ['/routes/r1'])
  const shown = await admin.send('GET', path)
  t.equal(shown.body['X-Digest'], 'one')
  t.equal(shown.body.routes_conf_version, 1062)
})

t.test('each list follows its version: higher replaces, equal stays, none replaces or empties', async t => {
  const admin = await startStandalone(t)
  await admin.put('one', { routes: [route('r1')], services: [{ id: 's1', upstream }], upstreams: [{ id: 'u1', ...upstream }], routes_conf_version: 5, services_conf_version: 5 })
  const taken = await admin.put('two', { routes: [route('r2')], services: [{ id: 's2', upstream: 'not looked at' }], routes_conf_version: 6, services_conf_version: 5 })
  t.equal(taken.status, 202, taken.text)
  t.same(Object.keys(await admin.objects()), ['/routes/r2', '/services/s1'])
  const { body } = await admin.send('GET', path)
  t.match(body, { routes_conf_version: 6, services_conf_version: 5, upstreams_conf_version: 2, services: [{ id: 's1' }] })
  t.notOk('upstreams' in body)
})

t.test('an item that says the revision of the live one stays what it is', async t => {
  const admin = await startStandalone(t)
  await admin.put('one', { routes: [{ ...route('r1', '/live'), modifiedIndex: 10 }, { ...route('r2', '/live'), modifiedIndex: 10 }, route('r3', '/live')] })
  await admin.put('two', { routes: [{ ...route('r1', '/sent'), modifiedIndex: 10 }, { ...route('r2', '/sent'), modifiedIndex: 11 }, route('r3', '/sent')] })
  const objects = await admin.objects()
  t.same(Object.values(objects).map(({ uri }) => uri), ['/live', '/sent', '/sent'])
  t.notOk(Object.values(objects).some(object => 'modifiedIndex' in object), 'it is no part of the object')
  t.same((await admin.send('GET', path)).body.routes.map((item: { uri: string }) => item.uri), ['/live', '/sent', '/sent'])
})

t.test('objects get the places that they have in a store', async t => {
  const admin = await startStandalone(t)
  const taken = await admin.put('one', {
    routes: [route(7), { uri: '/none', upstream }],
    consumers: [{ username: 'jack' }, { id: 'jack/credentials/one', name: 'first' }],
    secrets: [{ id: 'vault/one', uri: 'http://vault:8200', prefix: 'kv', token: 't' }],
    plugin_metadata: [{ id: 'ip-restriction', note: 'x' }],
    plugins: [{ name: 'request-id' }, { name: 'mqtt-proxy', stream: true }]
  })
  t.equal(taken.status, 202, taken.text)
  t.same(await admin.objects(), {
    '/routes/7': { id: '7', uri: '/a', upstream },
    '/routes/arr_2': { id: 'arr_2', uri: '/none', upstream },
    '/consumers/jack': { username: 'jack' },
    '/consumers/jack/credentials/one': { id: 'one', name: 'first' },
    '/plugin_metadata/ip-restriction': { id: 'ip-restriction', note: 'x' },
    '/secrets/vault/one': { id: 'vault/one', uri: 'http://vault:8200', prefix: 'kv', token: 't' }
  })
  t.same(admin.usedPlugins, [['request-id']])
  await admin.put('two', {})
  t.same(await admin.objects(), {})
  t.same(admin.usedPlugins, [['request-id'], undefined])
})

t.test('private keys stay as they were sent', async t => {
  const admin = await startStandalone(t)
  const { certPem, keyPem } = createAuthority().issue({ sans: ['test.com'] })
  const ssl = { id: '1', sni: 'test.com', cert: certPem, key: keyPem }
  t.equal((await admin.put('one', { ssls: [ssl] })).status, 202)
  t.same(await admin.objects(), { '/ssls/1': ssl })
  const other = createAuthority().issue({ sans: ['test.com'] })
  t.match((await admin.put('two', { ssls: [{ ...ssl, key: other.keyPem }] })).body.error_msg, /^invalid ssls at index 0, err: the key does not belong to the certificate/)
  t.notOk(admin.lines.some(line => line.includes('PRIVATE KEY')))
})

t.test('of configurations that come at once each is taken as a whole, one after the other', async t => {
  const admin = await startStandalone(t)
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, at) => await admin.put(`d${at}`, { routes: [route(`r${at}`)] })))
  t.ok(answers.every(({ status }) => status === 202))
  const { body } = await admin.send('GET', path)
  t.equal(body.routes_conf_version, 20)
  t.same(Object.keys(await admin.objects()), [`/routes/${body.routes[0].id}`])
})

t.test('the key is asked for, viewers may read, and everything else is a page', async t => {
  const admin = await startStandalone(t)
  t.equal((await admin.send('HEAD', '/apisix/admin', undefined, {})).status, 200)
  for (const [method, key, status] of [['GET', '', 401], ['GET', 'wrong', 401], ['GET', viewerKey, 200], ['HEAD', viewerKey, 401], ['PUT', viewerKey, 401]] as const) {
    t.equal((await admin.send(method, path, method === 'PUT' ? '{}' : undefined, key === '' ? {} : { 'x-api-key': key })).status, status, `${method} ${key}`)
  }
  for (const [method, other] of [['POST', path], ['DELETE', path], ['PATCH', path], ['GET', '/apisix/admin/routes'], ['PUT', '/apisix/admin/routes/1'], ['PUT', '/apisix/admin/plugins/reload'], ['GET', '/apisix/admin/plugins/list'], ['GET', `${path}/validate`]] as const) {
    const answer = await admin.send(method, other)
    t.equal(answer.status, 404, `${method} ${other}`)
    t.match(answer.headers.get('content-type'), 'text/html')
  }
})

t.test('configs/validate tells what a PUT would take', async t => {
  const admin = await startStandalone(t)
  t.equal((await admin.send('POST', `${path}/validate`, { routes: [{ ...route('r1'), modifiedIndex: 3 }] })).status, 200)
  const wrong = await admin.send('POST', `${path}/validate`, { routes: [{ uri: 1 }, { uri: 2 }] })
  t.equal(wrong.status, 400)
  t.equal(wrong.body.errors.length, 2)
})
