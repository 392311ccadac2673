import { createKeyring, openEtcdStore, type Store } from '@clinch/store'
import t, { type Test } from 'tap'
import { makePluginFolder, pluginSource } from '../plugins/plugin-folder.ts'
import { startEtcd } from '../support/etcd.ts'
import { createAuthority } from '../support/pki.ts'
import { openStore, startAdmin, type AdminServer, type AdminServerOptions } from './admin-server.ts'

const admin = (path: string) => `/apisix/admin/${path}`
const pair = createAuthority().issue({ sans: ['test.com'] })
const clientTls = { client_cert: pair.certPem, client_key: pair.keyPem }
const nodes = { '127.0.0.1:1980': 1 }
const secretsOf = (text: string) => ({ secret: `${text}-secret`, list: [{ token: `${text}-token` }], headers: { auth: `${text}-header` } })
const shownOf = (text: string) => ({ plugins: { holder: { ...secretsOf(text), open: 'open' } } })

interface Written { readonly path: string, readonly body: object }

const everyKind: readonly Written[] = [
  { path: 'routes/1', body: { uri: '/', ...shownOf('canary-route') } },
  { path: 'services/1', body: shownOf('canary-service') },
  { path: 'plugin_configs/1', body: shownOf('canary-config') },
  { path: 'consumer_groups/g', body: shownOf('canary-group') },
  { path: 'global_rules/1', body: shownOf('canary-rule') },
  { path: 'consumers/jack', body: { username: 'jack', plugins: { holder: { ...secretsOf('canary-jack'), open: 'open' }, auth: { key: 'canary-jack-key' } } } },
  { path: 'consumers/jack/credentials/c1', body: { plugins: { auth: { key: 'canary-credential-key' } } } },
  { path: 'plugin_metadata/holder', body: { ...secretsOf('canary-metadata'), open: 'open' } }
]

async function start (t: Test, options: AdminServerOptions = {}): Promise<AdminServer> {
  const folder = makePluginFolder(t)
  const encryptFields = '["secret", "list.token", "headers"]'
  folder.write('holder.js', pluginSource('holder', { encryptFields, metadataSchema: '{ type: "object", properties: { secret: {}, list: {}, headers: {} } }', schema: '{ type: "object", properties: { secret: { type: "string" }, list: {}, headers: {} } }' }))
  folder.write('auth.js', pluginSource('auth', { type: '"auth"', encryptFields: '["key"]', schema: '{ type: "object", properties: { header: {} } }', consumerSchema: '{ type: "object", properties: { key: { type: "string" } }, required: ["key"] }' }))
  return await startAdmin(t, { plugins: ['holder.js', 'auth.js'].map(file => `${folder.path}/${file}`), streamMode: true, ...options })
}

async function writeAll ({ send }: AdminServer): Promise<void> {
  for (const { path, body } of everyKind) {
    const { status, text } = await send('PUT', admin(path), body)
    if (status !== 201) throw new Error(`${path}: ${text}`)
  }
}

const storedText = async (store: Store, path: string): Promise<string> => (await store.get(`/apisix/${path}`))?.value ?? ''

t.test('every kind of object holds plugin secrets encrypted, echoes them so and shows them plain', async t => {
  const server = await start(t)
  const { send, store, keyring, lines } = server
  for (const { path, body } of everyKind) {
    const { status, text } = await send('PUT', admin(path), body)
    t.equal(status, 201, text)
    t.notMatch(text, 'canary', `${path}: the answer`)
    t.notMatch(await storedText(store, path), 'canary', `${path}: the store`)
    t.match((await send('GET', admin(path))).body.value, body, `${path}: GET`)
    const listed = (await send('GET', admin(path.slice(0, path.lastIndexOf('/'))))).body.list[0].value
    t.match(listed, body, `${path}: the list`)
  }
  t.match(JSON.parse(await storedText(store, 'routes/1')), {
    plugins: { holder: { secret: keyring.encrypt('canary-route-secret'), list: [{ token: keyring.encrypt('canary-route-token') }], headers: { auth: keyring.encrypt('canary-route-header') }, open: 'open' } }
  })
  t.notMatch(lines.join(''), 'canary')
})

t.test('PATCH merges into plain text, by object and by sub-path, and encrypts once', async t => {
  const { send, store, keyring } = await start(t)
  await send('PUT', admin('routes/1'), { uri: '/', ...shownOf('one') })
  const stored = async () => JSON.parse(await storedText(store, 'routes/1')).plugins.holder
  const before = await stored()
  t.equal((await send('PATCH', admin('routes/1'), { desc: 'x' })).status, 200)
  t.strictSame(await stored(), before)
  await send('PATCH', admin('routes/1'), { plugins: { holder: { headers: { more: 'two' } } } })
  t.strictSame((await stored()).headers, { auth: keyring.encrypt('one-header'), more: keyring.encrypt('two') })
  const byPath = await send('PATCH', admin('routes/1/plugins/holder/secret'), '"three"')
  t.equal(byPath.body.value.plugins.holder.secret, keyring.encrypt('three'))
  t.match((await send('GET', admin('routes/1'))).body.value.plugins.holder, { secret: 'three', headers: { auth: 'one-header', more: 'two' } })
  t.equal((await send('POST', admin('routes'), { uri: '/', ...shownOf('four') })).body.value.plugins.holder.secret, keyring.encrypt('four-secret'))
})

t.test('what is checked is plain text, and the complaint stays out of the log', async t => {
  const { send, lines, store } = await start(t)
  const refused = await send('PUT', admin('routes/1'), { uri: '/', plugins: { holder: { secret: { a: 'canary' } } } })
  t.match(refused.body.error_msg, /property "secret" validation failed: wrong type: expected string, got table/)
  const accepted = await send('PUT', admin('routes/1'), { uri: '/', plugins: { holder: { secret: 7, headers: 'canary', _meta: { disable: true } } } })
  t.equal(accepted.status, 201, 'a disabled one may be wrong')
  t.notMatch(await storedText(store, 'routes/1'), 'canary')
  t.notMatch(lines.join(''), 'canary')
})

t.test('the text of an answer that is put back is encrypted twice, as in APISIX', async t => {
  const { send, keyring } = await start(t)
  const { body } = await send('PUT', admin('consumer_groups/g'), { plugins: { holder: { secret: 'one' } } })
  const again = await send('PUT', admin('consumer_groups/g'), { plugins: body.value.plugins })
  t.equal(again.body.value.plugins.holder.secret, keyring.encrypt(keyring.encrypt('one')))
  t.equal((await send('GET', admin('consumer_groups/g'))).body.value.plugins.holder.secret, keyring.encrypt('one'))
})

t.test('schemas say which of their fields are secret', async t => {
  const { send } = await start(t)
  const fieldsOf = async (path: string): Promise<unknown> => (await send('GET', admin(path))).body.encrypt_fields
  t.strictSame(await fieldsOf('plugins/holder'), ['secret', 'list.token', 'headers'])
  t.strictSame(await fieldsOf('plugins/auth?schema_type=consumer'), ['key'])
  t.strictSame(await fieldsOf('plugins/auth'), undefined)
  t.match((await send('GET', admin('plugins?all=true'))).body, { auth: { consumer_schema: { encrypt_fields: ['key'] } }, holder: { metadata_schema: { encrypt_fields: ['secret', 'list.token', 'headers'] } } })
})

t.test('references are stored as they are', async t => {
  const { send, store } = await start(t)
  const holder = { secret: '$secret://vault/1/jack/secret', list: [{ token: '$ENV://TOKEN' }] }
  t.match((await send('PUT', admin('consumer_groups/g'), { plugins: { holder } })).body.value.plugins, { holder })
  t.match(JSON.parse(await storedText(store, 'consumer_groups/g')), { plugins: { holder } })
  t.match((await send('GET', admin('consumer_groups/g'))).body.value.plugins, { holder })
})

t.test('plain text that others wrote is shown as it is, and what unloaded plugins hold is left alone', async t => {
  const { send, store, keyring } = await start(t)
  const plugins = { holder: { secret: 'plain', headers: { auth: createKeyring('another-key-0001').encrypt('x') } }, gone: { key: keyring.encrypt('x') } }
  await store.put('/apisix/consumer_groups/g', JSON.stringify({ id: 'g', plugins }))
  t.match((await send('GET', admin('consumer_groups/g'))).body.value.plugins, plugins)
})

t.test('enable_encrypt_fields: false leaves plugin secrets plain; private keys are encrypted all the same', async t => {
  const { send, store, keyring } = await start(t, { fieldKeyring: createKeyring(null) })
  const { body } = await send('PUT', admin('routes/1'), { uri: '/', ...shownOf('plain'), upstream: { nodes, tls: clientTls } })
  t.equal(body.value.plugins.holder.secret, 'plain-secret')
  t.match(JSON.parse(await storedText(store, 'routes/1')), { ...shownOf('plain'), upstream: { tls: { client_key: keyring.encrypt(pair.keyPem) } } })
})

t.test('keyring: ~ encrypts nothing', async t => {
  const { send, store } = await start(t, { keyring: createKeyring(null) })
  await send('PUT', admin('routes/1'), { uri: '/', ...shownOf('plain'), upstream: { nodes, tls: clientTls } })
  t.match(JSON.parse(await storedText(store, 'routes/1')), { ...shownOf('plain'), upstream: { tls: clientTls } })
})

t.test('client_key is encrypted wherever an upstream stands, and shown encrypted', async t => {
  const { send, store, keyring } = await start(t)
  const upstream = { nodes, tls: clientTls }
  const tls = { client_key: keyring.encrypt(pair.keyPem), client_cert: pair.certPem }
  for (const [path, body, expected] of [
    ['upstreams/1', upstream, { tls }], ['routes/1', { uri: '/', upstream }, { upstream: { tls } }],
    ['services/1', { upstream }, { upstream: { tls } }], ['stream_routes/1', { upstream }, { upstream: { tls } }]
  ] as const) {
    t.match((await send('PUT', admin(path), body)).body.value, expected, path)
    t.match(JSON.parse(await storedText(store, path)), expected, path)
    t.match((await send('GET', admin(path))).body.value, expected, path)
  }
})

const stores = {
  embedded: openStore,
  etcd: async (t: Test): Promise<Store> => {
    const store = await openEtcdStore({ hosts: [(await startEtcd(t)).url], timeoutMs: 5000 })
    t.teardown(() => store.close())
    return store
  }
} as const

for (const [kind, open] of Object.entries(stores)) {
  t.test(`a new entry of the keyring: what is written again needs it alone (${kind})`, async t => {
    const store = await open(t)
    const [old, next] = ['qeddd145sfvddff3', '0123456789abcdef0123456789abcdef']
    const before = await start(t, { store, keyring: createKeyring([old]) })
    await writeAll(before)
    const keys: readonly Written[] = [
      { path: 'ssls/1', body: { sni: 'test.com', cert: pair.chainPem, key: pair.keyPem, certs: [pair.certPem], keys: [pair.keyPem] } },
      { path: 'upstreams/1', body: { nodes, tls: clientTls } }
    ]
    for (const { path, body } of keys) await before.send('PUT', admin(path), body)

    const during = await start(t, { store, keyring: createKeyring([next, old]) })
    for (const { path, body } of everyKind) t.match((await during.send('GET', admin(path))).body.value, body, `${path} is read with the old entry`)
    for (const { path } of [...everyKind, ...keys]) t.equal((await saveAgain(during, path)).status, 200, path)

    const after = await start(t, { store, keyring: createKeyring([next]) })
    for (const { path, body } of everyKind) t.match((await after.send('GET', admin(path))).body.value, body, `${path} is read with the new entry alone`)
    const { decrypt } = createKeyring([next])
    const ssl = JSON.parse(await storedText(store, 'ssls/1'))
    t.strictSame([ssl.key, ...ssl.keys].map(text => decrypt(text)), [pair.keyPem, pair.keyPem])
    t.equal(decrypt(JSON.parse(await storedText(store, 'upstreams/1')).tls.client_key), pair.keyPem)
  })
}

/** What docs/operations/secrets.md tells operators to do: an empty PATCH, or where there is no PATCH, PUT what GET shows. */
async function saveAgain ({ send }: AdminServer, path: string) {
  const patched = await send('PATCH', admin(path), {})
  if (patched.status !== 405) return patched
  const { create_time: _created, update_time: _updated, ...value } = (await send('GET', admin(path))).body.value
  return await send('PUT', admin(path), value)
}
