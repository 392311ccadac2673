import { rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDocumentChecker } from '@clinch/admin-api'
import { FileProvider } from '@clinch/gateway'
import { loadPlugins } from '@clinch/plugins'
import { createKeyring, DocumentStore } from '@clinch/store'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { stringify } from 'yaml'
import { TestGateway, until } from '../support/gateway.ts'
import { recordLog, type LogLine } from '../support/log-recorder.ts'
import { createAuthority } from '../support/pki.ts'
import { sClient } from '../support/s-client.ts'
import { startUpstream } from '../support/upstream.ts'

/* eslint-disable no-template-curly-in-string -- the files' own notation */

const upstream = { nodes: { '127.0.0.1:1980': 1 } }

interface Provided {
  readonly provider: FileProvider
  readonly store: DocumentStore
  readonly path: string
  readonly lines: readonly LogLine[]
  readonly used: Array<readonly string[] | undefined>
  /** Writes the file, looks, and gives the values by key. */
  read (text: string): Promise<Record<string, Record<string, unknown>>>
  objects (): Promise<Record<string, Record<string, unknown>>>
}

async function provide (t: Test, format: 'yaml' | 'json' = 'yaml', environment: NodeJS.ProcessEnv = {}): Promise<Provided> {
  const path = join(t.testdir(), `apisix.${format}`)
  const { log, lines } = recordLog()
  const store = new DocumentStore()
  const used: Array<readonly string[] | undefined> = []
  let catalog = await loadPlugins(['request-id'], { baseDir: '.', attrs: {}, log })
  const provider = new FileProvider({
    file: { path, format },
    environment,
    store,
    check: createDocumentChecker({ keyring: createKeyring(null), plugins: () => catalog }),
    usePlugins: async names => {
      used.push(names)
      catalog = await loadPlugins(names ?? ['request-id'], { baseDir: '.', attrs: {}, log })
    },
    log
  })
  t.teardown(async () => { await provider.close(); await store.close() })
  const objects = async () => Object.fromEntries((await store.list('')).entries.map(({ key, value }) => [key, JSON.parse(value) as Record<string, unknown>]))
  const read = async (text: string) => {
    await writeFile(path, text)
    await provider.look()
    return await objects()
  }
  return { provider, store, path, lines, used, read, objects }
}

const errorsIn = (lines: readonly LogLine[]) => lines.filter(({ level }) => level >= 50)

t.test('the objects of apisix.yaml are in the store, without a prefix', async t => {
  const { read, lines, provider } = await provide(t)
  const objects = await read(`
routes:
  - { id: 1, uri: /a, upstream: { nodes: { "127.0.0.1:1980": 1 } } }
  - uri: /b
    upstream_id: later
    modifiedIndex: 5
upstreams:
services: []
consumers:
  - { username: jack }
  - { id: jack/credentials/one, name: first }
secrets:
  - { id: vault/one, uri: "http://vault:8200", prefix: kv, token: t }
plugin_metadata:
  - { id: ip-restriction, note: x }
#END
`)
  t.same(objects, {
    '/routes/1': { id: '1', uri: '/a', upstream },
    '/routes/arr_2': { id: 'arr_2', uri: '/b', upstream_id: 'later' },
    '/consumers/jack': { username: 'jack' },
    '/consumers/jack/credentials/one': { id: 'one', name: 'first' },
    '/plugin_metadata/ip-restriction': { id: 'ip-restriction', note: 'x' },
    '/secrets/vault/one': { id: 'vault/one', uri: 'http://vault:8200', prefix: 'kv', token: 't' }
  })
  t.same(errorsIn(lines), [])
  t.same(provider.problems, [])
})

t.test('a file that cannot be read as a whole changes nothing, and is logged once', async t => {
  const { read, provider, lines, path } = await provide(t)
  const good = `routes: [{ id: 1, uri: /a, upstream: ${JSON.stringify(upstream)} }]\n#END`
  const before = await read(good)
  const cases: ReadonlyArray<readonly [string, string | RegExp]> = [
    ['routes: []\n', 'missing valid end flag: the file must end in #END'],
    ['routes: []\n#END\n# more', 'missing valid end flag: the file must end in #END'],
    ['routes:\n  - id: 1\n   uri: /a\n#END', /at line 3 column \d+$/],
    ['routes: []\nroutes: []\n#END', /at line 2 column 1$/],
    ['#END', /^it must be an object of lists/],
    ['- a\n#END', /^it must be an object of lists/],
    ['routes: [{ uri: "${{NOWHERE}}" }]\n#END', 'failed to handle configuration: can\'t find environment variable NOWHERE']
  ]
  for (const [text, reason] of cases) {
    t.same(await read(text), before, text)
    await provider.look()
    t.match(provider.problems, [{ key: 'apisix.yaml', reason }])
    t.match(errorsIn(lines).at(-1), { file: path, reason, msg: 'failed to read the configuration file, what was there before goes on serving' })
  }
  t.equal(errorsIn(lines).length, cases.length)
  await unlink(path)
  await provider.look()
  t.match(provider.problems, [{ reason: 'no such file' }])
  t.same(await read(good), before)
  t.same(provider.problems, [])
})

t.test('an object that is wrong is left out by itself, and named with its line', async t => {
  const { read, provider, lines, path } = await provide(t)
  const objects = await read(`routes:
  - id: good
    uri: /a
    upstream: { nodes: { "127.0.0.1:1980": 1 } }
  - id: bad
    uri: 5
  - { id: unknown-plugin, uri: /c, plugins: { cors: {} } }
  - { id: good, uri: /d, plugins: {} }
  - just text
routs:
  - uri: /e
services: none
#END`)
  t.same(Object.keys(objects), ['/routes/good'])
  t.equal(objects['/routes/good']?.['uri'], '/a')
  t.same(errorsIn(lines).map(({ object, reason, line, file }) => [object, reason, line, file]), [
    ['routs', 'unknown resource type', undefined, path],
    ['routes/bad', 'invalid configuration: property "uri" validation failed: wrong type: expected string, got number', 5, path],
    ['routes/unknown-plugin', 'unknown plugin [cors]', 7, path],
    ['routes/good', 'found duplicate id good in routes', 8, path],
    ['routes/arr_5', 'invalid configuration: wrong type: expected object, got string', 9, path],
    ['services', 'services must be an array', undefined, path]
  ])
  t.same(provider.problems.map(({ key }) => key), ['routs', 'routes/bad', 'routes/unknown-plugin', 'routes/good', 'routes/arr_5', 'services'])
  t.same(await read('routes: []\n#END'), {}, 'nothing of it is left')
  t.same(provider.problems, [])
})

t.test('apisix.yaml gets variables before it is parsed, so that quotes decide the type', async t => {
  const { read } = await provide(t, 'yaml', { NUMBER: '8', NAME: 'a', EMPTY: '' })
  t.match(await read('# ${{NAME}} in a comment\nroutes: [{ id: "${{NUMBER}}", uri: "/${{ NAME }}${{EMPTY:=x}}", priority: ${{NUMBER}}, desc: "${{NUMBER}}", name: "${{OTHER:= b }}", plugins: {} }]\n#END'), {
    '/routes/8': { id: '8', uri: '/a', priority: 8, desc: '8', name: 'b' }
  })
})

t.test('apisix.json needs no end, and gets variables after it is parsed', async t => {
  const { read, provider } = await provide(t, 'json', { NUMBER: '8', NAME: 'uri' })
  const before = await read('{"routes":[{"id":"r","${{NAME}}":"/a","priority":"${{NUMBER}}","upstream":{"nodes":{"127.0.0.1:${{NUMBER}}":"${{NUMBER}}"}}}]}')
  t.same(before, { '/routes/r': { id: 'r', uri: '/a', priority: 8, upstream: { nodes: { '127.0.0.1:8': 8 } } } })
  t.same(await read('{"routes":[}'), before)
  t.match(provider.problems, [{ key: 'apisix.json', reason: /^Expected .* found T_OBJ_END at line 1 column 12/ }])
  t.same(await read('{"routes":["${{NOWHERE}}"]}'), before)
  t.match(provider.problems, [{ reason: /can't find environment variable NOWHERE$/ }])
})

t.test('the file is read again when it is another one, and not before', async t => {
  const { read, provider, path, objects, lines } = await provide(t)
  await read('routes: [{ id: 1, uri: /a, plugins: {} }]\n#END')
  await provider.look()
  t.equal(lines.filter(({ msg }) => msg === 'configuration file read').length, 1)
  await writeFile(`${path}.new`, 'routes: [{ id: 2, uri: /b, plugins: {} }]\n#END')
  await rename(`${path}.new`, path)
  await provider.look()
  t.same(Object.keys(await objects()), ['/routes/2'])
})

t.test('the list of plugins in the file takes the place of that in config.yaml, for its objects too', async t => {
  const { read, used, provider } = await provide(t)
  const routes = 'routes: [{ id: 1, uri: /a, plugins: { request-id: {} } }, { id: 2, uri: /b, plugins: { ip-restriction: { whitelist: [10.0.0.1] } } }]\n#END'
  t.same(Object.keys(await read(routes)), ['/routes/1'])
  t.same(Object.keys(await read(`plugins: [{ name: ip-restriction }, { name: mqtt-proxy, stream: true }]\n${routes}`)), ['/routes/2'])
  t.same(Object.keys(await read(`plugins: []\n${routes}`)), [])
  t.same(used, [undefined, ['ip-restriction'], []])
  t.equal(provider.problems.length, 2)
})

t.test('after a reload of the plugins the objects are checked again', async t => {
  const { log } = recordLog()
  const path = join(t.testdir(), 'apisix.yaml')
  await writeFile(path, 'routes: [{ id: 1, uri: /a, plugins: { request-id: {} } }]\n#END')
  const store = new DocumentStore()
  let catalog = await loadPlugins([], { baseDir: '.', attrs: {}, log })
  const provider = new FileProvider({ file: { path, format: 'yaml' }, environment: {}, store, check: createDocumentChecker({ keyring: createKeyring(null), plugins: () => catalog }), usePlugins: async () => {}, log })
  await provider.recheck() // nothing was read yet
  await provider.look()
  t.same((await store.list('')).entries, [])
  catalog = await loadPlugins(['request-id'], { baseDir: '.', attrs: {}, log })
  await provider.recheck()
  t.same((await store.list('')).entries.map(({ key }) => key), ['/routes/1'])
  t.same(provider.problems, [])
})

t.test('a store that is closed ends nothing but the look', async t => {
  const { provider, store, path, lines } = await provide(t)
  await writeFile(path, 'routes: []\n#END')
  await store.close()
  await provider.look()
  t.match(errorsIn(lines), [{ msg: 'the configuration file could not be applied' }])
  t.match(provider.problems, [{ key: 'apisix.yaml', reason: 'it could not be applied: the store is closed' }])
})

t.test('a data plane serves what the file says', async t => {
  const echo = await startUpstream()
  t.teardown(() => echo.close())
  const authority = createAuthority()
  const { chainPem, keyPem } = authority.issue({ sans: ['test.com'] })
  const file = (uri: string, more: object = {}) => `${stringify({
    routes: [{ id: 1, uri, upstream_id: 'shared' }, { id: 'bad', uri: 1 }],
    upstreams: [{ id: 'shared', nodes: { [echo.node]: 1 } }],
    ssls: [{ id: 'tls', sni: 'test.com', cert: chainPem, key: keyPem }],
    ...more
  })}#END\n`
  const folder = t.testdir({ 'apisix.yaml': file('/one') })
  const gateway = await TestGateway.start(t, { folder, config: { deployment: { role: 'data_plane', role_data_plane: { config_provider: 'yaml' } } } })
  const statusOf = async (path: string) => {
    const answer = await request(`http://127.0.0.1:${gateway.httpPort}${path}`)
    await answer.body.dump()
    return answer.statusCode
  }
  t.equal(await statusOf('/one'), 200)
  t.match((await sClient({ port: gateway.httpsPort, servername: 'test.com' })).output, 'BEGIN CERTIFICATE')
  t.equal(gateway.adminUrl, '', 'there is no Admin API')
  t.match(gateway.output, /store +document, .*apisix\.yaml/)
  t.equal((await gateway.control('/v1/route/1')).body['key'], '/routes/1')
  t.match((await gateway.control('/v1/configuration/problems')).body, { total: 1, list: [{ key: 'routes/bad' }] })

  await writeFile(join(folder, 'apisix.yaml'), file('/two'))
  await until(async () => await statusOf('/two') === 200)
  t.equal(await statusOf('/one'), 404)

  await writeFile(join(folder, 'apisix.yaml'), 'routes: []\n')
  await gateway.logged('missing valid end flag')
  t.equal(await statusOf('/two'), 200, 'what was there before goes on serving')

  await writeFile(join(folder, 'apisix.yaml'), file('/two', { plugins: [{ name: 'request-id' }], global_rules: [{ id: 1, plugins: { 'request-id': {} } }] }))
  await until(async () => {
    const answer = await request(`http://127.0.0.1:${gateway.httpPort}/two`)
    await answer.body.dump()
    return answer.headers['x-request-id'] !== undefined
  })
  t.same(Object.keys((await gateway.control('/v1/schema')).body['plugins'] ?? {}), ['request-id'])
})

t.test('a gateway with both roles and enable_admin: false reads the file; one that finds none starts and waits for it', async t => {
  const folder = t.testdir()
  const gateway = await TestGateway.start(t, {
    folder,
    workers: 1,
    config: {
      apisix: { node_listen: 0, enable_admin: false, ssl: { enable: false }, control: { port: 0 } },
      deployment: { role: 'traditional', role_traditional: { config_provider: 'yaml' } }
    }
  })
  t.equal(gateway.adminUrl, '')
  await gateway.logged('no such file')
  await writeFile(join(folder, 'apisix.yaml'), 'routes: [{ id: 1, uri: /a, plugins: {} }]\n#END')
  await until(async () => (await gateway.control('/v1/route/1')).status === 200, () => gateway.output)
  await rm(join(folder, 'apisix.yaml'))
})

t.test('with an Admin API the configuration is what was PUT, and is gone with the process', async t => {
  const echo = await startUpstream()
  t.teardown(() => echo.close())
  const folder = t.testdir({ 'apisix.yaml': 'routes: [{ id: file, uri: /file, plugins: {} }]\n#END' })
  const gateway = await TestGateway.start(t, { folder, workers: 1, config: { deployment: { role_traditional: { config_provider: 'yaml' } } } })
  t.match(gateway.output, 'the configuration is kept in memory')
  const put = async (digest: string, body: object) => {
    const answer = await request(`${gateway.adminUrl}/apisix/admin/configs`, { method: 'PUT', headers: { 'x-api-key': gateway.key, 'x-digest': digest }, body: JSON.stringify(body) })
    await answer.body.dump()
    return answer.statusCode
  }
  t.equal(await put('one', { routes: [{ id: 'r', uri: '/put', upstream: { nodes: { [echo.node]: 1 } }, plugins: { 'request-id': {} } }] }), 202)
  const get = async (path: string) => {
    const answer = await request(`http://127.0.0.1:${gateway.httpPort}${path}`)
    await answer.body.dump()
    return answer
  }
  await until(async () => (await get('/put')).statusCode === 200)
  t.ok((await get('/put')).headers['x-request-id'])
  t.equal((await get('/file')).statusCode, 404)
  t.equal((await gateway.admin('GET', 'configs')).body['X-Digest'], 'one')
  t.equal((await gateway.admin('GET', 'routes')).status, 404)

  t.equal(await put('two', { plugins: [{ name: 'proxy-rewrite' }], routes_conf_version: 1 }), 202)
  await until(async () => (await get('/put')).headers['x-request-id'] === undefined, () => 'the list of plugins is loaded')

  await gateway.stop()
  await gateway.run()
  t.notOk('X-Digest' in (await gateway.admin('GET', 'configs')).body)
  t.equal((await get('/put')).statusCode, 404)
})
