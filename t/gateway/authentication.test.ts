import { createCipheriv } from 'node:crypto'
import { SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { startEtcd } from '../support/etcd.ts'
import { TestGateway, until, type GatewayOptions } from '../support/gateway.ts'
import { startUpstream, type Received } from '../support/upstream.ts'

const plugins = ['basic-auth', 'jwt-auth', 'key-auth', 'consumer-restriction', 'proxy-rewrite']

interface Answer {
  readonly status: number
  readonly text: string
  readonly challenge: string | undefined
  /** Of what the upstream got. */
  field (name: string): string | undefined
}

/** A gateway with a route 1 that has these plugins, in front of an upstream that echoes. */
async function start (t: Test, routePlugins: object, options: GatewayOptions = {}) {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { plugins, workers: 1, ...options })
  const put = async (path: string, body: object): Promise<string> => {
    const { status, text } = await gateway.admin('PUT', path, body)
    t.ok(status < 300, text)
    return text
  }
  const putRoute = async (routed: object): Promise<string> => await put('routes/1', { uri: '/*', plugins: routed, upstream: { nodes: { [upstream.node]: 1 } } })
  const ask = async (headers: Record<string, string> = {}, path = '/', method = 'GET'): Promise<Answer> => {
    const answer = await request(`http://127.0.0.1:${gateway.httpPort}${path}`, { method: method as 'GET', headers })
    const text = await answer.body.text()
    return { status: answer.statusCode, text, challenge: String(answer.headers['www-authenticate']), field: name => fieldOf(text, name) }
  }
  const becomes = async (status: number, headers: Record<string, string> = {}, path = '/'): Promise<void> => {
    await until(async () => (await ask(headers, path)).status === status, () => `it never was ${status}`)
  }
  await putRoute(routePlugins)
  return { gateway, put, putRoute, ask, becomes }
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

t.test('consumers, their credentials and groups; each change counts at once', async t => {
  const { gateway, put, putRoute, ask, becomes } = await start(t, { 'key-auth': { hide_credentials: true } })
  await put('consumer_groups/gold', { plugins: { 'proxy-rewrite': { headers: { set: { 'X-Group': 'gold' } } } } })
  await put('consumers', { username: 'jack', group_id: 'gold', labels: { custom_id: '495aec6a' } })
  await put('consumers/jack/credentials/one', { plugins: { 'key-auth': { key: 'jack-one' } } })
  await put('consumers/jack/credentials/two', { plugins: { 'key-auth': { key: 'jack-two' } } })
  await put('consumers', { username: 'jill', plugins: { 'key-auth': { key: 'jill-key' } } })
  await becomes(200, { apikey: 'jill-key' })

  await t.test('who has no key, or a wrong one, gets a 401', async t => {
    const [none, wrong] = [await ask(), await ask({ apikey: 'nobody' })]
    t.match(none, { status: 401, text: '{"message":"Missing API key in request"}\n', challenge: 'apikey realm="key"' })
    t.match(wrong, { status: 401, text: '{"message":"Invalid API key in request"}\n', challenge: 'apikey realm="key"' })
  })

  await t.test('the upstream is told who it is, whatever the client says, and does not get the key', async t => {
    const spoofed = { 'x-consumer-username': 'root', 'x-credential-identifier': 'root', 'x-consumer-custom-id': '0' }
    const names = ['x-consumer-username', 'x-credential-identifier', 'x-consumer-custom-id', 'x-group', 'apikey']
    const told = async (headers: Record<string, string>, path?: string) => {
      const answer = await ask({ ...spoofed, ...headers }, path)
      return names.map(name => answer.field(name))
    }
    t.strictSame(await told({ apikey: 'jack-one' }), ['jack', 'one', '495aec6a', 'gold', undefined])
    t.strictSame(await told({ apikey: 'jack-two' }), ['jack', 'two', '495aec6a', 'gold', undefined])
    t.strictSame(await told({ apikey: 'jill-key' }), ['jill', undefined, undefined, undefined, undefined])
    t.match((await ask({}, '/a?apikey=jill-key&b=1')).text, '"target":"/a?b=1"')
  })

  await t.test('consumer-restriction lets pass by name and by group', async t => {
    await putRoute({ 'key-auth': {}, 'consumer-restriction': { whitelist: ['jill'] } })
    await becomes(403, { apikey: 'jack-one' })
    t.match(await ask({ apikey: 'jack-one' }), { status: 403, text: '{"message":"The consumer_name is forbidden."}\n' })
    t.equal((await ask({ apikey: 'jill-key' })).status, 200)
    t.equal((await ask()).status, 401)
    await putRoute({ 'key-auth': {}, 'consumer-restriction': { type: 'consumer_group_id', whitelist: ['gold'] } })
    await becomes(200, { apikey: 'jack-one' })
    t.match(await ask({ apikey: 'jill-key' }), { status: 401, text: '{"message":"The request is rejected, please check the consumer_group_id for this request"}\n' })
  })

  await t.test('on a consumer it says which routes are theirs', async t => {
    await putRoute({ 'key-auth': {} })
    await put('consumers', { username: 'jill', plugins: { 'key-auth': { key: 'jill-key' }, 'consumer-restriction': { type: 'route_id', whitelist: ['2'] } } })
    await becomes(403, { apikey: 'jill-key' })
    await becomes(200, { apikey: 'jack-one' })
    t.match(await ask({ apikey: 'jill-key' }), { status: 403, text: '{"message":"The route_id is forbidden."}\n' })
  })

  await t.test('an anonymous consumer stands in for who is not known', async t => {
    await putRoute({ 'key-auth': { anonymous_consumer: 'jack' } })
    await becomes(200)
    t.strictSame([(await ask({ apikey: 'x' })).field('x-consumer-username'), (await ask()).field('x-group')], ['jack', 'gold'])
    await putRoute({ 'key-auth': { anonymous_consumer: 'gone' } })
    await becomes(401)
    t.match(await ask(), { text: '{"message":"Invalid user authorization"}\n', challenge: 'apikey realm="key"' })
  })

  await t.test('a reload of the plugins changes nothing', async t => {
    await putRoute({ 'key-auth': {} })
    await becomes(401, { apikey: 'x' })
    const over = new AbortController()
    const statuses = new Set<string>()
    const asking = (async () => {
      while (!over.signal.aborted) statuses.add(`${(await ask({ apikey: 'jack-one' })).status} ${(await ask()).status}`)
    })()
    for (let times = 0; times < 3; times++) t.equal((await gateway.admin('PUT', 'plugins/reload')).text, 'done')
    over.abort()
    await asking
    t.strictSame([...statuses], ['200 401'])
  })

  await t.test('a disabled, deleted or replaced credential lets nobody in', async t => {
    await put('consumers/jack/credentials/one', { plugins: { 'key-auth': { key: 'jack-one', _meta: { disable: true } } } })
    await becomes(401, { apikey: 'jack-one' })
    await put('consumers/jack/credentials/one', { plugins: { 'key-auth': { key: 'jack-new' } } })
    await becomes(200, { apikey: 'jack-new' })
    t.equal((await ask({ apikey: 'jack-one' })).status, 401)
    t.equal((await gateway.admin('DELETE', 'consumers/jack/credentials/one')).status, 200)
    await becomes(401, { apikey: 'jack-new' })
    t.equal((await ask({ apikey: 'jack-two' })).status, 200)
  })

  await t.test('a deleted consumer is refused, with all its credentials', async t => {
    t.equal((await gateway.admin('DELETE', 'consumers/jack')).status, 200)
    await becomes(401, { apikey: 'jack-two' })
    await put('consumers', { username: 'jack' })
    await put('consumers/jack/credentials/three', { plugins: { 'key-auth': { key: 'jack-three' } } })
    await becomes(200, { apikey: 'jack-three' })
    t.equal((await ask({ apikey: 'jack-two' })).status, 401, 'who comes back does not have the old ones')
  })

  t.notMatch(gateway.output, /jack-(one|two|new|three)|jill-key/)
})

t.test('of several authentications each must pass, and the last one says who it is', async t => {
  const { put, ask, becomes } = await start(t, { 'key-auth': {}, 'basic-auth': {}, 'jwt-auth': { header: 'x-token' } })
  await put('consumers', { username: 'anna', plugins: { 'basic-auth': { username: 'anna', password: 'a:b' } } })
  await put('consumers', { username: 'bert', plugins: { 'jwt-auth': { key: 'bert-key', secret: 'bert-secret' } } })
  await put('consumers', { username: 'carl', plugins: { 'key-auth': { key: 'carl-key' } } })
  const token = await new SignJWT({ key: 'bert-key' }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from('bert-secret'))
  const all = { authorization: basic('anna:a:b'), 'x-token': token, apikey: 'carl-key' }
  await becomes(200, all)
  t.equal((await ask(all)).field('x-consumer-username'), 'carl')
  for (const [header, message, challenge] of [
    ['authorization', 'Missing authorization in request', 'Basic realm="basic"'],
    ['x-token', 'Missing JWT token in request', 'Bearer realm="jwt"'],
    ['apikey', 'Missing API key in request', 'apikey realm="key"']
  ] as const) {
    t.match(await ask(Object.fromEntries(Object.entries(all).filter(([name]) => name !== header))), { status: 401, text: `{"message":"${message}"}\n`, challenge })
  }
  t.match(await ask({ ...all, 'x-token': token.slice(0, -3) }), { status: 401, text: '{"message":"failed to verify jwt"}\n' })
})

t.test('a consumer whose secret is not there is left out, and told of', async t => {
  const config = { nginx_config: { worker_processes: 1, worker_shutdown_timeout: '5s', envs: ['CLINCH_TEST_KEY=key-of-jack', 'CLINCH_TEST_JWT=secret-of-jill'] } }
  const { gateway, put, putRoute, ask, becomes } = await start(t, { 'key-auth': {} }, { config })
  await put('consumers', { username: 'jack', plugins: { 'key-auth': { key: '$env://CLINCH_TEST_KEY' } } })
  await put('consumers', { username: 'jill', plugins: { 'jwt-auth': { key: 'jill', secret: '$env://CLINCH_TEST_JWT' } } })
  await put('consumers', { username: 'eve', plugins: { 'key-auth': { key: '$env://CLINCH_TEST_GONE' } } })
  await put('consumers', { username: 'ron', plugins: { 'jwt-auth': { key: 'ron', algorithm: 'RS256', public_key: '$env://CLINCH_TEST_KEY' } } })
  await becomes(200, { apikey: 'key-of-jack' })
  for (const apikey of ['$env://CLINCH_TEST_KEY', '$env://CLINCH_TEST_GONE']) t.equal((await ask({ apikey })).status, 401)
  await gateway.logged('secret reference not resolved')
  await gateway.logged('missing valid public key: public_key is not a public key in PEM')
  t.match((await gateway.control('/v1/configuration/problems')).text, /consumers\/eve.*CLINCH_TEST_GONE/)

  await putRoute({ 'jwt-auth': {} })
  const sign = async (key: string, secret: string) => await new SignJWT({ key }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret))
  await becomes(200, { authorization: await sign('jill', 'secret-of-jill') })
  t.match(await ask({ authorization: await sign('jill', '$env://CLINCH_TEST_JWT') }), { status: 401, text: 'failed to verify jwt' })
  t.match(await ask({ authorization: await sign('ron', 'key-of-jack') }), { status: 401, text: 'Invalid user key in JWT token' })
  t.notMatch(gateway.output, /key-of-jack|secret-of-jill/)
})

t.test('credentials are in etcd as APISIX writes and reads them', async t => {
  const etcd = await startEtcd(t)
  const config = { deployment: { role_traditional: { config_provider: 'etcd' }, etcd: { host: [etcd.url] } } }
  const { gateway, put, putRoute, ask, becomes } = await start(t, { 'key-auth': {} }, { config })
  const held = { 'key-auth': { key: 'canary-key' }, 'basic-auth': { username: 'jack', password: 'canary-password' }, 'jwt-auth': { key: 'jack', secret: 'canary-secret' } }
  const encrypted = { 'key-auth': { key: encrypt('canary-key') }, 'basic-auth': { username: 'jack', password: encrypt('canary-password') }, 'jwt-auth': { key: 'jack', secret: encrypt('canary-secret') } }

  t.notMatch(await put('consumers', { username: 'jack', plugins: held }), 'canary', 'the answer')
  t.notMatch(await put('consumers/jack/credentials/c1', { plugins: { 'key-auth': { key: 'canary-second' } } }), 'canary')
  const stored = JSON.parse(await etcd.ctl('get', '--print-value-only', '/apisix/consumers/jack'))
  t.strictSame(stored.plugins, encrypted)
  t.strictSame(JSON.parse(await etcd.ctl('get', '--print-value-only', '/apisix/consumers/jack/credentials/c1')).plugins, { 'key-auth': { key: encrypt('canary-second') } })
  t.match((await gateway.admin('GET', 'consumers/jack')).body['value'], { plugins: held })
  await becomes(200, { apikey: 'canary-key' })
  await becomes(200, { apikey: 'canary-second' })
  t.equal((await ask({ apikey: encrypt('canary-key') })).status, 401)

  t.equal((await gateway.admin('PUT', 'consumers', { username: 'eve', plugins: { 'key-auth': { key: 'canary-second' } } })).body['error_msg'],
    'duplicate key of plugin key-auth found with credential: c1 of consumer: jack')

  await etcd.ctl('put', '/apisix/consumers/jill', JSON.stringify({ username: 'jill', create_time: 1, update_time: 1, plugins: { 'basic-auth': { username: 'jill', password: encrypt('canary-of-jill') } } }))
  await putRoute({ 'basic-auth': {} })
  await becomes(200, { authorization: basic('jill:canary-of-jill') })
  t.equal((await ask({ authorization: basic('jack:canary-password') })).field('x-consumer-username'), 'jack')
  t.equal((await ask({ authorization: basic('jack:wrong') })).status, 401)
  await etcd.ctl('del', '/apisix/consumers/jill')
  await becomes(401, { authorization: basic('jill:canary-of-jill') })
  t.notMatch(gateway.output, 'canary')
})

function fieldOf (echoed: string, name: string): string | undefined {
  const { rawHeaders } = JSON.parse(echoed) as Received
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name)
  return at === -1 ? undefined : rawHeaders[at + 1]
}

// As APISIX encrypts with its published first key.
function encrypt (plain: string): string {
  const cipher = createCipheriv('aes-128-cbc', 'qeddd145sfvddff3', 'qeddd145sfvddff3')
  return cipher.update(plain, 'utf8', 'base64') + cipher.final('base64')
}
