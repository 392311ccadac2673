import t from 'tap'
import { createAuthority } from '../support/pki.ts'
import { startAdmin } from './admin-server.ts'

const plugins = ['request-id', 'ip-restriction', 'key-auth']
const { certPem, keyPem } = createAuthority().issue({ subject: 'a.test', sans: ['a.test'] })
const upstream = { nodes: { '10.0.0.7:8080': 1 } }

interface KindCase {
  readonly path: string
  readonly noun: string
  readonly body: object
  /** A body that the schema refuses, with the end of the sentence. */
  readonly wrong: readonly [body: object, reason: string]
  readonly post: boolean
  readonly patch: boolean
}

const unknown = (body: object): KindCase['wrong'] => [{ ...body, surprise: 1 }, 'additional properties forbidden, found surprise']
const kind = (path: string, noun: string, body: object, methods: { post?: true, patch?: true }, wrong = unknown(body)): KindCase =>
  ({ path, noun, body, wrong, post: methods.post ?? false, patch: methods.patch ?? false })

const kinds: readonly KindCase[] = [
  kind('routes/1', 'route', { uri: '/a', plugins: {} }, { post: true, patch: true }),
  kind('services/1', 'service', {}, { post: true, patch: true }),
  kind('upstreams/1', 'upstream', upstream, { post: true, patch: true }),
  kind('ssls/1', 'ssl', { cert: certPem, key: keyPem, sni: 'a.test' }, { post: true, patch: true }),
  kind('protos/1', 'proto', { content: 'syntax = "proto3"; message A {}' }, { post: true }),
  kind('stream_routes/1', 'stream route', { server_port: 9100, upstream }, { post: true }),
  kind('consumers/jack', 'consumer', { username: 'jack' }, {}),
  kind('consumers/owner/credentials/1', 'credential', { plugins: { 'key-auth': { key: 'k' } } }, {}),
  kind('consumer_groups/1', 'consumer group', { plugins: {} }, { patch: true }),
  kind('global_rules/1', 'global rule', { plugins: {} }, { patch: true }),
  kind('plugin_configs/1', 'plugin config', { plugins: {} }, { patch: true }),
  kind('plugin_metadata/request-id', 'plugin_metadata', { any: 'thing' }, {}, [{ id: {} }, '']),
  kind('secrets/vault/1', 'secret', { uri: 'http://127.0.0.1:8200', prefix: 'kv', token: 't' }, { patch: true }, [{ uri: 'x' }, 'property "prefix" is required']),
  kind('services/owner/graphql_cost_decorations/1', 'graphql cost decoration', { field_path: 'Query.a' }, { post: true, patch: true })
]

async function start (t: Parameters<typeof startAdmin>[0]): Promise<Awaited<ReturnType<typeof startAdmin>>> {
  const server = await startAdmin(t, { plugins, streamMode: true })
  for (const [path, body] of [['consumers/owner', { username: 'owner' }], ['services/owner', {}]] as const) {
    const { status, text } = await server.send('PUT', `/apisix/admin/${path}`, body)
    if (status !== 201) throw new Error(text)
  }
  return server
}

t.test('every kind is created, replaced, read, listed and deleted under its key', async t => {
  const { send, store } = await start(t)
  for (const { path, noun, body } of kinds) {
    const key = `/apisix/${path}`
    const created = await send('PUT', `/apisix/admin/${path}`, body)
    t.equal(created.status, 201, `${noun}: ${created.text}`)
    t.strictSame(Object.keys(created.body), ['key', 'value'], noun)
    t.equal(created.body.key, key)
    t.equal((await send('PUT', `/apisix/admin/${path}`, body)).status, 200, noun)
    t.strictSame(JSON.parse((await store.get(key))?.value ?? ''), created.body.value, noun)

    const read = await send('GET', `/apisix/admin/${path}`)
    t.match(read.body, { key, createdIndex: Number, modifiedIndex: Number }, noun)
    const list = await send('GET', `/apisix/admin/${path.slice(0, path.lastIndexOf('/'))}`)
    t.match(list.body.list.find((object: { key: string }) => object.key === key), { value: read.body.value, createdIndex: Number, modifiedIndex: Number }, noun)
    t.equal(list.body.total, list.body.list.length)

    t.equal((await send('DELETE', `/apisix/admin/${path}`)).text, `{"key":"${key}","deleted":"1"}\n`, noun)
    for (const [method, content] of [['GET', undefined], ['DELETE', undefined]] as const) {
      const missing = await send(method, `/apisix/admin/${path}`, content)
      t.equal(missing.status, 404, noun)
      t.equal(missing.text, '{"message":"Key not found"}\n', noun)
    }
  }
})

t.test('ids and times are stored as each kind has them', async t => {
  const { send } = await start(t)
  const now = Date.UTC(2030, 0, 1) / 1000
  for (const { path, noun, body } of kinds) {
    const { value } = (await send('PUT', `/apisix/admin/${path}`, body)).body
    const id = { consumer: undefined, plugin_metadata: 'request-id', secret: 'vault/1' } as Record<string, string | undefined>
    t.equal(value.id, noun in id ? id[noun] : '1', noun)
    t.equal(value.create_time, noun === 'plugin_metadata' ? undefined : now, noun)
    t.equal(value.update_time, noun === 'plugin_metadata' ? undefined : now, noun)
    const forbidden = await send('PUT', `/apisix/admin/${path}`, { ...body, create_time: 1 })
    if (noun !== 'plugin_metadata') t.equal(forbidden.body.error_msg, 'the property is forbidden:  create_time', noun)
    else t.equal(forbidden.body.value.create_time, 1, 'metadata has no times of the server\'s')
  }
})

t.test('a method that a kind does not have is a 405 with its name', async t => {
  const { send } = await start(t)
  for (const { path, noun, body, post, patch } of kinds) {
    await send('PUT', `/apisix/admin/${path}`, body)
    const posted = await send('POST', `/apisix/admin/${path.slice(0, path.lastIndexOf('/'))}`, noun === 'graphql cost decoration' ? { field_path: 'Query.b' } : body)
    if (post) t.match(posted.body.value?.id, /^\d{20}$/, `${noun}: ${posted.text}`)
    else t.strictSame([posted.status, posted.body], [405, { error_msg: `not supported \`POST\` method for ${noun}` }])
    t.equal(posted.headers.get('x-api-version'), 'v3')
    const patched = await send('PATCH', `/apisix/admin/${path}`, {})
    if (patch) t.equal(patched.status, 200, `${noun}: ${patched.text}`)
    else t.strictSame([patched.status, patched.body], [405, { error_msg: `not supported \`PATCH\` method for ${noun}` }])
  }
})

t.test('bodies of every kind are held against its schema', async t => {
  const { send } = await start(t)
  for (const { path, noun, wrong: [body, reason] } of kinds) {
    if (reason === '') continue
    const reply = await send('PUT', `/apisix/admin/${path}`, body)
    t.strictSame([reply.status, reply.body.error_msg], [400, `invalid configuration: ${reason}`], noun)
  }
})

t.test('an id is asked for in the words of each kind, and must be the one of the path', async t => {
  const { send } = await start(t)
  const missing = (noun: string) => ({ PUT: `missing ${noun} id`, PATCH: `missing ${noun} id`, DELETE: `missing ${noun} id` })
  const cases: Record<string, Partial<Record<'PUT' | 'PATCH' | 'DELETE', string>>> = {
    ...Object.fromEntries(kinds.filter(({ noun }) => !['consumer', 'secret', 'plugin_metadata'].includes(noun)).map(({ path, noun }) => [path.slice(0, path.lastIndexOf('/')), missing(noun)])),
    consumers: { DELETE: 'missing consumer id' },
    plugin_metadata: { PUT: 'missing plugin name', DELETE: 'missing plugin_metadata id' },
    secrets: { PUT: 'missing secret id', PATCH: 'no secret id', DELETE: 'missing secret id' },
    'secrets/vault': { PUT: 'missing secret id', PATCH: 'no secret id', DELETE: 'missing secret id' }
  }
  for (const [path, sentences] of Object.entries(cases)) {
    for (const [method, sentence] of Object.entries(sentences)) {
      const reply = await send(method, `/apisix/admin/${path}`, {})
      if (reply.status !== 405) t.strictSame([reply.status, reply.body], [400, { error_msg: sentence }], `${method} ${path}`)
    }
  }
  for (const { path, noun, body } of kinds.filter(({ noun }) => !['consumer', 'plugin_metadata'].includes(noun))) {
    t.equal((await send('PUT', `/apisix/admin/${path}`, { ...body, id: 'other' })).body.error_msg, `wrong ${noun} id`)
    t.equal((await send('PUT', `/apisix/admin/${path.slice(0, path.lastIndexOf('/'))}/a%20b`, body)).status, noun === 'secret' ? 201 : 400, noun)
  }
  t.equal((await send('PUT', '/apisix/admin/consumers/jack', { username: 'jane' })).body.error_msg, 'wrong username')
  t.equal((await send('PUT', '/apisix/admin/consumers', { username: 'jane' })).body.key, '/apisix/consumers/jane')
  t.equal((await send('PUT', '/apisix/admin/consumers/owner/credentials/a%20b', {})).body.error_msg,
    'invalid configuration: property "id" validation failed: value should match only one schema, but matches none')
})

t.test('what is reached by accident in APISIX is refused', async t => {
  const { send } = await start(t)
  const cases = [
    ['GET', 'credentials', 404, 'Unsupported resource type: credentials'],
    ['GET', 'graphql_cost_decorations/1', 400, 'missing service id'],
    ['PUT', 'secrets/nowhere/1', 400, 'invalid secret manager: nowhere']
  ] as const
  for (const [method, path, status, sentence] of cases) {
    const reply = await send(method, `/apisix/admin/${path}`, method === 'PUT' ? {} : undefined)
    t.strictSame([reply.status, reply.body], [status, { error_msg: sentence }], path)
  }
})

t.test('a DELETE with a member behind the id deletes nothing', async t => {
  const { send } = await start(t)
  const reply = await send('DELETE', '/apisix/admin/services/owner/name')
  t.strictSame([reply.status, reply.body], [404, { error_msg: 'not found' }])
  t.equal((await send('GET', '/apisix/admin/services/owner/name')).status, 200)
})
