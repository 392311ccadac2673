import { createCipheriv } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { openEmbeddedStore, openEtcdStore, placeholders, type Store } from '@clinch/store'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { startEtcd } from '../support/etcd.ts'
import { TestGateway, type AdminAnswer } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { startUpstream } from '../support/upstream.ts'

/** The checklist of the compatibility reference (admin-api.md 10.4), from outside, on each store that the gateway has. */

const plugins = ['request-id', 'ip-restriction', 'key-auth']
const publishedKey = 'qeddd145sfvddff3' // the first entry of the keyring that APISIX and this gateway come with
const route = { uri: '/orders', plugins: {} }
const authority = createAuthority({ name: 'Root' })
const shop = authority.issue({ subject: 'shop.test', sans: ['shop.test'] })
const foreign = authority.issue({ subject: 'foreign.test' })

interface World {
  readonly gateway: TestGateway
  /** What the store holds under a key, as text; the gateway may be stopped for it. */
  raw (key: string): Promise<string | undefined>
}

/** What another gateway left in the store, before this one starts. */
type Seed = ReadonlyMap<string, string>

async function startOnEtcd (t: Test, seed: Seed): Promise<World> {
  const etcd = await startEtcd(t)
  const reader = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 5000 })
  t.teardown(() => reader.close())
  await plant(reader, seed)
  const gateway = await TestGateway.start(t, {
    workers: 1,
    plugins,
    config: { deployment: { role_traditional: { config_provider: 'etcd' }, etcd: { host: [etcd.url] } } }
  })
  return { gateway, raw: async key => (await reader.get(key))?.value }
}

async function startOnFile (t: Test, seed: Seed): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-conformance-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'data', 'clinch.db')
  const before = await openEmbeddedStore({ path })
  await plant(before, seed)
  await before.close()
  const gateway = await TestGateway.start(t, { workers: 1, plugins, folder })
  const raw = async (key: string): Promise<string | undefined> => {
    await gateway.stop()
    const store = await openEmbeddedStore({ path })
    try {
      return (await store.get(key))?.value
    } finally {
      await store.close()
    }
  }
  return { gateway, raw }
}

async function plant (store: Store, seed: Seed): Promise<void> {
  for (const [key, value] of seed) await store.put(key, value)
}

for (const [name, start] of [['the embedded store', startOnFile], ['etcd', startOnEtcd]] as const) {
  t.test(`a drop-in on ${name}`, async t => {
    const upstream = await startUpstream()
    t.teardown(() => upstream.close())
    const { gateway, raw } = await start(t, leftByApisix(upstream.node))
    const admin = gateway.admin.bind(gateway)

    t.test('1: PUT creates, then replaces; only GET tells revisions', async t => {
      const created = await admin('PUT', 'routes/1', route)
      t.equal(created.status, 201)
      t.strictSame(Object.keys(created.body), ['key', 'value'])
      const replaced = await admin('PUT', 'routes/1', route)
      t.equal(replaced.status, 200)
      const [first, second] = [valueOf(created), valueOf(replaced)]
      t.equal(second['create_time'], first['create_time'])
      t.ok(Number(second['update_time']) >= Number(first['update_time']))
      t.match((await admin('GET', 'routes/1')).body, { createdIndex: Number, modifiedIndex: Number })
    })

    t.test('2: an id in the body keeps its type until it is patched', async t => {
      t.match((await admin('PUT', 'routes', { ...route, id: 7 })).body, { key: '/apisix/routes/7', value: { id: 7 } })
      t.match((await admin('PATCH', 'routes/7', {})).body, { value: { id: '7' } })
    })

    t.test('3: POST makes ids of 20 digits and takes none', async t => {
      const posted = await admin('POST', 'routes', route)
      t.equal(posted.status, 201)
      t.match(posted.body, { value: { id: /^\d{20}$/ } })
      t.match(await admin('POST', 'routes/9', route), { status: 400, text: '{"error_msg":"wrong route id, do not need it"}\n' })
    })

    t.test('4: timestamps are refused, with two blanks', async t => {
      t.match(await admin('PUT', 'routes/1', { ...route, create_time: 1 }), { status: 400, text: '{"error_msg":"the property is forbidden:  create_time"}\n' })
    })

    t.test('5: null removes, {} empties, and neither does in a sub-path', async t => {
      await admin('PUT', 'routes/5', { ...route, desc: 'd', plugins: { 'request-id': {} } })
      t.notOk('desc' in valueOf(await admin('PATCH', 'routes/5', { desc: null })))
      t.strictSame(valueOf(await admin('PATCH', 'routes/5', { plugins: {} }))['plugins'], {})
      t.equal((await admin('PATCH', 'routes/5/desc', 'null')).status, 400)
    })

    t.test('6: of concurrent patches of one revision one wins', async t => {
      await admin('PUT', 'routes/6', route)
      const lost: string[] = []
      for (let round = 0; round < 50 && lost.length === 0; round++) {
        const replies = await Promise.all(['a', 'b', 'c', 'd'].map(async desc => await admin('PATCH', 'routes/6', { desc })))
        t.ok(replies.some(({ status }) => status === 200))
        lost.push(...replies.filter(({ status }) => status === 503).map(({ text }) => text))
      }
      t.equal(lost[0], '{"error_msg":"value changed before overwritten"}\n')
    })

    t.test('7: what is used is deleted with force=true only', async t => {
      await admin('PUT', 'upstreams/7', { nodes: {} })
      await admin('PUT', 'routes/77', { uri: '/a', upstream_id: '7' })
      for (const query of ['', '?force=1']) t.equal((await admin('DELETE', `upstreams/7${query}`)).status, 400)
      t.match(await admin('DELETE', 'upstreams/7?force=true'), { status: 200, text: '{"key":"/apisix/upstreams/7","deleted":"1"}\n' })
      t.match(await admin('DELETE', 'upstreams/7?force=true'), { status: 404, text: '{"message":"Key not found"}\n' })
    })

    t.test('8: lists are paged and filtered', async t => {
      t.match(await admin('GET', 'routes?page=1&page_size=5'), { status: 400, text: 'page_size must be between 10 and 500' })
      await admin('PUT', 'routes/81', { ...route, name: 'alpha' })
      await admin('PUT', 'routes/82', { ...route, name: 'beta' })
      t.match((await admin('GET', 'routes?name=^a')).body, { total: 1, list: [{ value: { name: 'alpha' } }] })
      const { total } = (await admin('GET', 'routes')).body
      t.equal((await admin('GET', 'routes?page=2&page_size=10')).body['total'], total)
    })

    t.test('9: keys of ssls are echoed encrypted and never shown', async t => {
      const ssl = { cert: shop.certPem, key: shop.keyPem, sni: 'shop.test' }
      t.match((await admin('PUT', 'ssls/9', ssl)).body, { value: { key: /^[A-Za-z0-9+/]+=*$/ } })
      const shown = valueOf(await admin('GET', 'ssls/9'))
      t.notOk('key' in shown || 'keys' in shown)
      const mismatch = await admin('PUT', 'ssls/10', { ...ssl, key: foreign.keyPem })
      t.match(mismatch, { status: 400, text: /the key does not belong to the certificate/ }, 'unlike in APISIX: docs/adr/0007')
    })

    t.test('10: encrypted fields are echoed encrypted and shown plain', async t => {
      const held = (key: string) => ({ username: 'jack', plugins: { 'key-auth': { key } } })
      t.match((await admin('PUT', 'consumers', held('secret-of-jack'))).body, { value: held(encrypt('secret-of-jack')) })
      t.match((await admin('GET', 'consumers/jack')).body, { value: held('secret-of-jack') })
    })

    t.test('11: a reload is a PUT', async t => {
      t.match(await admin('GET', 'plugins/reload'), { status: 405, text: '{"error_msg":"please use PUT method to reload the plugins, GET method is not allowed."}\n' })
      t.match(await admin('PUT', 'plugins/reload'), { status: 200, text: 'done' })
    })

    t.test('12: who may not is told so in the way of each check', async t => {
      const url = `${gateway.adminUrl}/apisix/admin/routes/1`
      const bare = await request(url)
      t.equal(bare.statusCode, 401)
      t.strictSame(await bare.body.json(), { error_msg: 'failed to check token', description: 'missing apikey' })
      t.equal((await admin('PUT', 'routes/1', route, gateway.viewerKey)).status, 401)
      t.equal((await admin('GET', 'routes/1', undefined, gateway.viewerKey)).status, 200)
      const afar = await request(url, { headers: { 'x-api-key': gateway.key, 'x-real-ip': '192.0.2.1' } })
      t.equal(afar.statusCode, 403)
      t.equal(afar.headers['content-type'], 'text/html; charset=utf-8')
      await afar.body.dump()
      t.match(await admin('GET', 'ssl/1'), { status: 404, text: '{"error_msg":"Unsupported resource type: ssl"}\n' })
    })

    t.test('13: bodies that are too large or no JSON are described', async t => {
      const large = JSON.stringify({ desc: 'x'.repeat(1.6 * 1024 * 1024) })
      t.match(await admin('PUT', 'routes/13', large), { status: 400, text: `{"error_msg":"invalid request body: request size ${large.length} is greater than the maximum size 1572864 allowed"}\n` })
      t.match((await admin('PUT', 'routes/13', '{')).body, { error_msg: /^invalid request body: /, req_body: '{' })
    })

    t.test('14: what APISIX left in the store is shown, checked and served', async t => {
      t.match((await admin('GET', 'routes/old')).body, { value: { uri: '/from/apisix', priority: 0, status: 1 } })
      t.equal((await admin('GET', 'consumers')).body['total'], 2)
      t.match((await admin('GET', 'consumers/rose')).body, { value: { plugins: { 'key-auth': { key: 'secret-of-rose' } } } })
      t.match((await admin('GET', 'consumers/rose/credentials/c1')).body, { value: { id: 'c1', plugins: { 'key-auth': { key: 'another-of-rose' } } } })
      t.match((await admin('PUT', 'consumers', { username: 'eve', plugins: { 'key-auth': { key: 'another-of-rose' } } })).body, { error_msg: 'duplicate key of plugin key-auth found with credential: c1 of consumer: rose' })
      t.match((await admin('DELETE', 'upstreams/u')).body, { error_msg: 'can not delete this upstream, route [old] is still using it now' })
      t.match((await admin('PATCH', 'routes/old', { desc: 'mine now' })).body, { value: { desc: 'mine now', uri: '/from/apisix' } })
      const answer = await request(`http://127.0.0.1:${gateway.httpPort}/from/apisix`)
      t.equal(answer.statusCode, 200)
      await answer.body.dump()
      t.equal(await subjectOf(gateway.httpsPort, 'apisix.test'), 'apisix.test')
    })

    t.test('14: what is written here is what APISIX writes', async t => {
      const consumer = await raw('/apisix/consumers/jack')
      t.notMatch(consumer, /\s/)
      t.match(JSON.parse(consumer ?? ''), { username: 'jack', plugins: { 'key-auth': { key: encrypt('secret-of-jack') } }, create_time: Number })
      t.equal(JSON.parse((await raw('/apisix/ssls/9')) ?? '').key, encrypt(shop.keyPem))
      t.strictSame(JSON.parse((await raw('/apisix/plugins')) ?? ''), ['request-id', 'ip-restriction', 'key-auth'].map(name => ({ name })))
      t.match(await raw('/apisix/gen_id'), '1')
      for (const placeholder of placeholders('/apisix')) t.equal(await raw(placeholder), 'init_dir', placeholder)
    })
  })
}

/** Values as APISIX writes them: slashes escaped by older releases, defaults stored by them, keys and fields encrypted. */
function leftByApisix (node: string): Seed {
  const escaped = (value: object) => JSON.stringify(value).replaceAll('/', '\\/')
  const times = { create_time: 1700000000, update_time: 1700000000 }
  const old = authority.issue({ subject: 'apisix.test', sans: ['apisix.test'] })
  return new Map([
    ...placeholders('/apisix').map(key => [key, 'init_dir'] as const),
    ['/apisix/upstreams/u', escaped({ id: 'u', ...times, type: 'roundrobin', scheme: 'http', hash_on: 'vars', pass_host: 'pass', nodes: { [node]: 1 } })],
    ['/apisix/routes/old', escaped({ id: 'old', ...times, uri: '/from/apisix', upstream_id: 'u', priority: 0, status: 1 })],
    ['/apisix/ssls/old', escaped({ id: 'old', ...times, cert: old.chainPem, key: encrypt(old.keyPem), snis: ['apisix.test'], type: 'server', status: 1 })],
    ['/apisix/consumers/rose', escaped({ username: 'rose', ...times, plugins: { 'key-auth': { key: encrypt('secret-of-rose') } } })],
    ['/apisix/consumers/rose/credentials/c1', escaped({ id: 'c1', ...times, plugins: { 'key-auth': { key: encrypt('another-of-rose') } } })]
  ])
}

function valueOf ({ body }: AdminAnswer): Record<string, unknown> {
  return (body as { value?: Record<string, unknown> }).value ?? {}
}

/** AES-128-CBC with the entry as key and as IV, in base64: admin-api.md 5.1. */
function encrypt (plain: string): string {
  const cipher = createCipheriv('aes-128-cbc', publishedKey, publishedKey)
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]).toString('base64')
}

async function subjectOf (port: number, servername: string): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername, ca: authority.certPem }, () => {
      const { CN } = socket.getPeerCertificate().subject
      socket.destroy()
      resolve(Array.isArray(CN) ? CN[0] : CN)
    }).on('error', reject)
  })
}
