import { createControlApi, type CheckerStatus, type ControlApiOptions } from '@clinch/gateway'
import type { ConfigObject } from '@clinch/data-plane'
import { loadPlugins } from '@clinch/plugins'
import t, { type Test } from 'tap'
import { TestGateway } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'
import { createAuthority } from '../support/pki.ts'

interface Reply { readonly status: number, readonly type: string | null, readonly text: string }

const object = (key: string, value: unknown, revision = 7): ConfigObject =>
  ({ key, value: typeof value === 'string' ? value : JSON.stringify(value), createRevision: revision, modRevision: revision + 1 })

const withMetadata = `export default {
  name: 'with-metadata', version: 1, priority: 1,
  schema: { type: 'object', properties: {} },
  metadataSchema: { type: 'object', properties: { size: { type: 'integer', default: 3 } } },
  create: () => ({})
}`

// A control API over these objects; nothing else of a gateway runs.
async function start (t: Test, objects: readonly ConfigObject[], more: Partial<ControlApiOptions> = {}) {
  const { log } = recordLog()
  const folder = t.testdir({ 'with-metadata.js': withMetadata, 'package.json': '{"type":"module"}' })
  const catalog = await loadPlugins(['request-id', './with-metadata.js'], { baseDir: folder, attrs: {}, log })
  const api = createControlApi({
    objects: () => objects,
    prefix: '/apisix',
    healthchecks: () => [],
    ocsp: { staples: () => [], clients: () => [], crls: () => [] },
    configuration: () => ({ source: 'store', connected: true, revision: 7, asOfMs: 0, ageMs: 0 }),
    problems: () => [],
    workers: () => [],
    catalog: () => catalog,
    reloadPlugins: async () => {},
    log,
    ...more
  })
  t.teardown(() => api.close())
  const { port } = await api.listen({ host: '127.0.0.1', port: 0 })
  return async (path: string, options: RequestInit = {}): Promise<Reply> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, options)
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }
}

const json = (status: number, body: unknown) => ({ status, type: 'application/json', text: `${JSON.stringify(body)}\n` })

t.test('a route is shown as it is in force: defaults of schema and plugins, nodes as a list, both indexes', async t => {
  const ask = await start(t, [object('routes/1', { id: 1, uri: '/a', plugins: { 'request-id': {}, absent: { a: 1 } }, upstream: { nodes: { '10.0.0.7:8080': 1, 'name.test': 2 } } })])
  const { status, type, text } = await ask('/v1/route/1')
  t.equal(status, 200)
  t.equal(type, 'application/json')
  t.match(JSON.parse(text), {
    key: '/apisix/routes/1',
    createdIndex: 7,
    modifiedIndex: 8,
    orig_modifiedIndex: 8,
    has_domain: true,
    value: {
      id: '1',
      priority: 0,
      status: 1,
      plugins: { 'request-id': { header_name: 'X-Request-Id', _meta: {} }, absent: { a: 1, _meta: {} } },
      upstream: { type: 'roundrobin', scheme: 'http', hash_on: 'vars', pass_host: 'pass', nodes: [{ host: '10.0.0.7', port: 8080, weight: 1 }, { host: 'name.test', port: 80, weight: 2 }] }
    }
  })
  t.equal((await ask('/v1/routes')).text, `[${text.trimEnd()}]\n`)
})

t.test('services and upstreams are shown likewise, without decorations, other kinds, and what does not fit its schema', async t => {
  const ask = await start(t, [
    object('services/1', { upstream: { nodes: [{ host: '10.0.0.7', weight: 1, metadata: { a: 1 } }] } }),
    object('services/1/graphql_cost_decorations/9', { field_path: 'a' }),
    object('upstreams/u', { nodes: {} }),
    object('upstreams/broken', { nodes: 1 }),
    object('upstreams/worse', '{'),
    object('consumers/jack', { username: 'jack' })
  ], { prefix: '' })
  const services = JSON.parse((await ask('/v1/services')).text) as unknown[]
  t.equal(services.length, 1)
  t.match(services, [{ key: '/services/1', has_domain: false, value: { id: '1', upstream: { nodes: [{ host: '10.0.0.7', port: 80, weight: 1, priority: 0, metadata: { a: 1 } }] } } }])
  t.notMatch(services, [{ orig_modifiedIndex: 8 }])
  t.match(JSON.parse((await ask('/v1/upstreams')).text), [{ key: '/upstreams/u', value: { id: 'u', type: 'roundrobin', nodes: [] } }])
  t.strictSame(await ask('/v1/upstream/broken'), json(404, { error_msg: 'upstream[broken] not found' }))
  t.strictSame(await ask('/v1/service/9'), json(404, { error_msg: 'service[9] not found' }))
  t.strictSame(await ask('/v1/route/a%2Fb'), json(404, { error_msg: 'route[a/b] not found' }))
})

t.test('the private key of an upstream is not shown', async t => {
  const { certPem, keyPem } = createAuthority().issue()
  const upstream = { nodes: {}, tls: { client_cert: certPem, client_key: keyPem } }
  const ask = await start(t, [object('routes/1', { uri: '/a', upstream }), object('upstreams/1', upstream)])
  for (const path of ['/v1/routes', '/v1/upstreams']) {
    const { text } = await ask(path)
    t.match(text, 'BEGIN CERTIFICATE')
    t.notMatch(text, 'PRIVATE KEY')
  }
})

t.test('a list of nothing is an empty object', async t => {
  const ask = await start(t, [])
  for (const path of ['routes', 'services', 'upstreams', 'plugin_metadatas', 'healthcheck']) t.strictSame(await ask(`/v1/${path}`), json(200, {}), path)
})

t.test('metadata is shown for the plugins that are loaded, with its defaults', async t => {
  const ask = await start(t, [
    object('plugin_metadata/with-metadata', { id: 'with-metadata', log: 1 }),
    object('plugin_metadata/request-id', { a: 1 }),
    object('plugin_metadata/absent', { a: 1 })
  ])
  t.strictSame(await ask('/v1/plugin_metadatas'), json(200, [{ id: 'with-metadata', log: 1, size: 3 }]))
  t.strictSame(await ask('/v1/plugin_metadata/with-metadata'), json(200, { id: 'with-metadata', log: 1, size: 3 }))
  t.strictSame(await ask('/v1/plugin_metadata/absent'), json(404, { error_msg: 'plugin metadata[absent] not found' }))
})

t.test('the schemas of every kind and of every loaded plugin are shown', async t => {
  const ask = await start(t, [])
  const { main, plugins, stream_plugins: streamPlugins } = JSON.parse((await ask('/v1/schema')).text) as Record<string, Record<string, Record<string, unknown>>>
  t.strictSame(Object.keys(main ?? {}).sort(), [
    'consumer', 'consumer_group', 'global_rule', 'graphql_cost_decoration', 'plugin_config', 'plugins', 'proto', 'route', 'service', 'ssl', 'stream_route', 'upstream',
    'upstream_hash_header_schema', 'upstream_hash_vars_schema'
  ])
  t.match(main, { route: { properties: { uri: { type: 'string' } } }, ssl: { properties: { cert: { type: 'string' } } } })
  t.match(plugins, { 'request-id': { version: Number, priority: Number, schema: { type: 'object' } }, 'with-metadata': { metadata_schema: { type: 'object' } } })
  t.strictSame(streamPlugins, {})
})

t.test('health checks are shown by object, each failure to find one in its own words', async t => {
  const checker: CheckerStatus = {
    key: 'upstreams/1', type: 'http', nodes: [{ ip: '10.0.0.7', port: 8080, hostname: '<b>.test', status: 'mostly_healthy', counter: { success: 1, http_failure: 2, tcp_failure: 3, timeout_failure: 4 } }]
  }
  const ask = await start(t, [object('upstreams/1', { nodes: {} }), object('routes/1', { uri: '/a' })], { healthchecks: () => [checker] })
  const { key: _key, ...shown } = checker
  const entry = { name: '/apisix/upstreams/1', ...shown }
  t.strictSame(await ask('/v1/healthcheck'), json(200, [entry]))
  t.strictSame(await ask('/v1/healthcheck/upstreams/1'), json(200, entry))
  t.strictSame(await ask('/v1/healthcheck/routes/1'), json(404, { error_msg: 'no checker for routes[1]' }))
  t.strictSame(await ask('/v1/healthcheck/routes/2'), json(404, { error_msg: 'routes[2] not found' }))
  t.strictSame(await ask('/v1/healthcheck/stream_routes'), json(404, { error_msg: 'missing src id for src type stream_routes' }))
  t.strictSame(await ask('/v1/healthcheck/ssls/1'), json(400, { error_msg: 'invalid src type ssls' }))
  t.strictSame(await ask('/v1/healthcheck/ssls'), json(400, { error_msg: 'invalid src type ssls' }))
  const page = await ask('/v1/healthcheck', { headers: { accept: 'text/html,*/*' } })
  t.equal(page.type, 'text/html; charset=utf-8')
  t.match(page.text, '<td>/apisix/upstreams/1</td><td>http</td><td>10.0.0.7:8080</td><td>mostly_healthy</td><td>1</td><td>3</td><td>2</td><td>4</td>')
})

t.test('what is not there, and a method that a path has not, is a page', async t => {
  const ask = await start(t, [])
  const asks = [
    ['GET', '/'], ['GET', '/v1'], ['GET', '/v1/server_info'], ['GET', '/v1/discovery/consul/dump'], ['GET', '/v1/discovery/consul_kv/show_dump_file'],
    ['GET', '/v1/plugins/reload'], ['GET', '/v1/gc'], ['POST', '/v1/routes'], ['HEAD', '/v1/routes'], ['OPTIONS', '/v1/routes'], ['DELETE', '/v1/route/1']
  ] as const
  for (const [method, path] of asks) {
    const { status, type, text } = await ask(path, { method })
    t.same([status, type], [404, 'text/html; charset=utf-8'], `${method} ${path}`)
    if (method !== 'HEAD') t.match(text, '<h1>404 Not Found</h1>')
  }
})

t.test('a collection of garbage and a reload are done when they are answered; a reload that fails says why', async t => {
  let reloads = 0
  const reloadPlugins = async () => {
    reloads++
    if (reloads === 2) throw new Error('config.yaml:3: it is wrong')
  }
  const ask = await start(t, [], { reloadPlugins })
  t.match(await ask('/v1/gc', { method: 'POST', body: 'anything' }), { status: 200, text: '' })
  t.strictSame(await ask('/v1/plugins/reload', { method: 'PUT' }), { status: 200, type: 'application/json', text: 'done' })
  t.strictSame(await ask('/v1/plugins/reload', { method: 'PUT', body: '{}' }), json(503, { error_msg: 'config.yaml:3: it is wrong' }))
})

t.test('a gateway shows what was written by the Admin API', async t => {
  const gateway = await TestGateway.start(t, { workers: 1 })
  t.equal((await gateway.admin('PUT', 'routes/1', { uri: '/a', upstream: { nodes: { '127.0.0.1:1': 1 } } })).status, 201)
  const { status, body } = await gateway.control('/v1/route/1')
  t.equal(status, 200)
  t.match(body, { key: '/apisix/routes/1', has_domain: false, value: { uri: '/a', priority: 0, upstream: { nodes: [{ host: '127.0.0.1', port: 1, weight: 1 }] } } })
  t.match(await gateway.control('/v1/healthcheck/routes/1'), { status: 404, body: { error_msg: 'no checker for routes[1]' } })
  t.match(await gateway.control('/v1/health'), { status: 200, body: { status: 'ok' } })
})
