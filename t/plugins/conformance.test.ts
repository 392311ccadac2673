import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { generateKeyPairSync } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { ask, fieldOf, type Answer, type Ask } from '../data-plane/http-client.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { refusingNode, startUpstream, type UpstreamHandler } from '../support/upstream.ts'

/*
 * The checklist of plugins.md, section 7: every row once, through the Admin API and over the network. What else each plugin
 * does is in its own file beside this one, and in t/data-plane.
 *
 * | Rows  | Plugin                        | What else there is                                           |
 * |-------|-------------------------------|--------------------------------------------------------------|
 * | 1-3   | limit-count                   | limit-count, limit-redis; t/admin-api/groups; t/gateway/limits |
 * | 4-5   | key-auth                      | key-auth; t/gateway/authentication                           |
 * | 6-8   | jwt-auth                      | jwt-auth                                                     |
 * | 9     | basic-auth                    | basic-auth                                                   |
 * | 10    | consumers                     | t/gateway/authentication, t/data-plane/references            |
 * | 11-12 | cors                          | cors; t/data-plane/client-facing-plugins                     |
 * | 13-15 | proxy-rewrite                 | proxy-rewrite                                                |
 * | 16    | redirect                      | redirect; t/data-plane/client-facing-plugins                 |
 * | 17-18 | response-rewrite              | response-rewrite; t/data-plane/response-rewrite              |
 * | 19    | traffic-split                 | traffic-split; t/data-plane/references                       |
 * | 20    | limit-req                     | limit-req                                                    |
 * | 21    | limit-conn                    | limit-conn; t/gateway/limits                                 |
 * | 22-23 | ip-restriction, real-ip       | ip-restriction, real-ip; t/data-plane/client-facing-plugins  |
 * | 24    | fault-injection               | fault-injection                                              |
 * | 25    | mocking                       | mocking; t/data-plane/authentication                         |
 * | 26    | client-control                | client-control; t/data-plane/request-limits                  |
 * | 27-28 | http-logger                   | http-logger, batch-processor                                 |
 * | 29    | file-logger                   | file-logger; t/admin-api/plugin-metadata-needs               |
 * | 30-31 | prometheus                    | prometheus; t/gateway/traffic-metrics                        |
 * | 32    | serverless-pre-function       | serverless                                                   |
 * | 33    | _meta.disable                 | t/data-plane/plugin-phases, t/data-plane/references          |
 */

const plugins = [
  'real-ip', 'client-control', 'request-id', 'fault-injection', 'mocking', 'serverless-pre-function', 'cors', 'ip-restriction', 'ua-restriction',
  'referer-restriction', 'uri-blocker', 'basic-auth', 'jwt-auth', 'key-auth', 'consumer-restriction', 'proxy-rewrite', 'limit-conn', 'limit-count',
  'limit-req', 'traffic-split', 'redirect', 'response-rewrite', 'prometheus', 'http-logger', 'file-logger', 'serverless-post-function'
]

t.test('the checklist of the plugins', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { plugins, workers: 1, config: { plugin_attr: { prometheus: { export_addr: { port: 0 } }, redirect: { https_port: 9443 } } } })
  const nodes = { nodes: { [upstream.node]: 1 } }
  let routes = 0

  /** What becomes of a PUT. */
  const put = async (path: string, body: object): Promise<string> => {
    const { status, text } = await gateway.admin('PUT', path, body)
    return status < 300 ? 'stored' : `${status} ${text}`
  }

  /** A route of its own with these plugins, in use; where it is asked. */
  const serve = async (routed: object, { uri = `/row${++routes}`, ...more }: { readonly uri?: string, readonly upstream?: object } = {}): Promise<string> => {
    const id = `r${routes}`
    t.equal(await put(`routes/${id}`, { uri, upstream: nodes, plugins: routed, ...more }), 'stored')
    t.equal(await put('routes/last', { uri: `/seen/${id}`, upstream: nodes }), 'stored')
    await until(async () => (await get(`/seen/${id}`)).status === 200) // changes are seen in their order
    return uri.replace(/\*$/, '')
  }
  const get = async (path: string, options: Ask = {}): Promise<Answer> => await ask(gateway.httpPort, { path, ...options })
  const statusesOf = async (path: string, count: number): Promise<number[]> => {
    const statuses = []
    for (let at = 0; at < count; at++) statuses.push((await get(path)).status)
    return statuses
  }

  await t.test('row 1: limit-count, two in 60 seconds', async t => {
    const path = await serve({ 'limit-count': { count: 2, time_window: 60 } })
    const answers = [await get(path), await get(path), await get(path)]
    t.same(answers.map(({ status }) => status), [200, 200, 503])
    t.same(answers.map(({ headers }) => headers['x-ratelimit-remaining']), ['1', '0', '0'])
    const resets = answers.map(({ headers }) => Number(headers['x-ratelimit-reset']))
    t.equal(resets[0], 60)
    t.ok(resets.every((reset, at) => reset <= (resets[at - 1] ?? 60) && reset > 50), String(resets))
  })

  await t.test('row 2: limit-count, code and message of the rejection', async t => {
    const path = await serve({ 'limit-count': { count: 2, time_window: 60, rejected_code: 429, rejected_msg: 'slow down' } })
    t.same(await statusesOf(path, 2), [200, 200])
    t.match(await get(path), { status: 429, body: '{"error_msg":"slow down"}\n' })
  })

  await t.test('row 3: limit-count, a group that differs', async t => {
    await serve({ 'limit-count': { count: 2, time_window: 60, group: 'g' } })
    t.match(await put('routes/unlike', { uri: '/unlike', upstream: nodes, plugins: { 'limit-count': { count: 3, time_window: 60, group: 'g' } } }), /^400 .*group conf mismatched"\}\s*$/)
  })

  await t.test('row 4: key-auth', async t => {
    t.equal(await put('consumers', { username: 'ann', plugins: { 'key-auth': { key: 'key-of-ann' } } }), 'stored')
    const path = await serve({ 'key-auth': {} })
    const challenge = { 'www-authenticate': 'apikey realm="key"' }
    t.match(await get(path), { status: 401, body: '{"message":"Missing API key in request"}\n', headers: challenge })
    t.match(await get(path, { headers: { apikey: 'wrong' } }), { status: 401, body: '{"message":"Invalid API key in request"}\n', headers: challenge })
    t.equal((await get(path, { headers: { apikey: 'key-of-ann' } })).status, 200)
    t.equal((await get(`${path}?apikey=key-of-ann`)).status, 200)
  })

  await t.test('row 5: key-auth, hide_credentials', async t => {
    const path = await serve({ 'key-auth': { hide_credentials: true } })
    t.equal(fieldOf((await get(path, { headers: { apikey: 'key-of-ann' } })).received(), 'apikey'), undefined)
    t.equal((await get(`${path}?a=1&apikey=key-of-ann`)).received().target, `${path}?a=1`)
  })

  await t.test('rows 6 to 8: jwt-auth', async t => {
    const secret = 'a secret that is long enough for all'
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    t.equal(await put('consumers', { username: 'bob', plugins: { 'jwt-auth': { key: 'bob', secret } } }), 'stored')
    t.equal(await put('consumers', { username: 'cat', plugins: { 'jwt-auth': { key: 'cat', algorithm: 'RS256', public_key: pem } } }), 'stored')
    const tokenOf = async (claims: object, key = secret): Promise<Ask> => {
      const token = await new SignJWT({ key: 'bob', ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(key))
      return { headers: { Authorization: `Bearer ${token}` } }
    }
    const unverified = { status: 401, body: '{"message":"failed to verify jwt"}\n' }
    const path = await serve({ 'jwt-auth': {} })
    t.equal((await get(path, await tokenOf({}))).status, 200, 'row 6')
    t.match(await get(path, await tokenOf({ exp: 1 })), unverified, 'row 6')
    const strict = await serve({ 'jwt-auth': { claims_to_verify: ['exp'] } })
    t.equal((await get(strict, await tokenOf({}))).status, 401, 'row 7')
    t.match(await get(path, await tokenOf({ key: 'cat' }, pem)), unverified, 'row 8')
  })

  await t.test('row 9: basic-auth, a colon in the password', async t => {
    t.equal(await put('consumers', { username: 'dan', plugins: { 'basic-auth': { username: 'dan', password: 'a:b' } } }), 'stored')
    const path = await serve({ 'basic-auth': {} })
    t.equal((await get(path, { auth: 'dan:a:b' })).status, 200)
    t.equal((await get(path, { auth: 'dan:a' })).status, 401)
  })

  await t.test('row 10: a consumer is no label of the client\'s', async t => {
    const path = await serve({ 'key-auth': {} })
    const answer = await get(path, { headers: { apikey: 'key-of-ann', 'X-Consumer-Username': 'root', 'X-Credential-Identifier': 'c', 'X-Consumer-Custom-ID': '7' } })
    const told = ['X-Consumer-Username', 'X-Credential-Identifier', 'X-Consumer-Custom-ID'].map(name => fieldOf(answer.received(), name))
    t.same(told, ['ann', undefined, undefined])
  })

  await t.test('rows 11 and 12: cors', async t => {
    const path = await serve({ cors: { allow_origins: 'https://a.test,https://b.test' }, 'key-auth': {} })
    const third = await get(path, { headers: { Origin: 'https://c.test', apikey: 'key-of-ann' } })
    t.same([third.status, third.headers.vary, Object.keys(third.headers).filter(name => name.startsWith('access-control-'))], [200, 'Origin', []], 'row 11')
    t.equal((await get(path, { method: 'OPTIONS' })).status, 200, 'row 12')
  })

  await t.test('rows 13 to 15: proxy-rewrite', async t => {
    const queried = await serve({ 'proxy-rewrite': { uri: '/a?x=1' } }, { uri: '/z' })
    t.equal((await get(`${queried}?y=2`)).received().target, '/a?x=1&y=2', 'row 13')
    const captured = await serve({ 'proxy-rewrite': { regex_uri: ['^/iresty/(.*)/(.*)', '/$1-$2'], headers: { set: { X: '$1' } } } }, { uri: '/iresty/*' })
    const received = (await get(`${captured}a/b`)).received()
    t.same([received.target, fieldOf(received, 'X')], ['/a-b', 'a'], 'row 14')
    const templated = await serve({ 'proxy-rewrite': { uri: '/$arg_p' } })
    t.equal((await get(`${templated}?p=a%3Fb`)).received().target, '/a%253Fb?p=a%3Fb', 'row 15')
  })

  await t.test('row 16: redirect, http_to_https', async t => {
    const path = await serve({ redirect: { http_to_https: true } })
    t.match(await get(path, { method: 'POST', headers: { Host: 'a.test:9080' } }), { status: 308, headers: { location: `https://a.test:9443${path}` } })
  })

  await t.test('rows 17 and 18: response-rewrite', async t => {
    const zipped = await startHandler(t, (_request, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip', ETag: '"1"' })
      response.end(gzipSync('old'))
    })
    const path = await serve({ 'response-rewrite': { body: 'new' } }, { upstream: zipped })
    const { status, body, headers } = await get(path)
    t.same([status, body, headers['content-encoding'], headers.etag], [200, 'new', undefined, undefined], 'row 17')
    t.match(await put('routes/both', { uri: '/both', upstream: nodes, plugins: { 'response-rewrite': { body: 'a', filters: [{ regex: 'a', replace: 'b' }] } } }), /^400 .*response-rewrite/, 'row 18')
  })

  await t.test('row 19: traffic-split, 3 to 2', async t => {
    const other = await startHandler(t, (_request, response) => { response.end('inline') })
    const path = await serve({ 'traffic-split': { rules: [{ weighted_upstreams: [{ upstream: other, weight: 3 }, { weight: 2 }] }] } })
    const bodies = []
    for (let at = 0; at < 5; at++) bodies.push((await get(path)).body === 'inline')
    t.equal(bodies.filter(Boolean).length, 3)
    const unknown = await serve({ 'traffic-split': { rules: [{ match: [{ vars: [['arg_new', '==', '1']] }], weighted_upstreams: [{ upstream_id: 'nowhere' }] }] } })
    t.match(await get(`${unknown}?new=1`), { status: 500, body: 'failed to fetch upstream info by upstream id: nowhere' })
    t.equal((await get(unknown)).status, 200, 'it is not chosen')
  })

  await t.test('row 20: limit-req, two at once', async t => {
    const path = await serve({ 'limit-req': { rate: 1, burst: 0, key: 'remote_addr' } })
    t.same((await Promise.all([get(path), get(path)])).map(({ status }) => status).sort(), [200, 503])
  })

  await t.test('row 21: limit-conn, two in parallel', async t => {
    const held: Array<() => void> = []
    const slow = await startHandler(t, (_request, response) => { held.push(() => response.end()) })
    const path = await serve({ 'limit-conn': { conn: 1, burst: 0, default_conn_delay: 0.1, key: 'remote_addr' } }, { upstream: slow })
    const first = get(path)
    await until(() => held.length === 1)
    t.equal((await get(path)).status, 503)
    held[0]?.()
    t.equal((await first).status, 200)
    const later = get(path)
    await until(() => held.length === 2)
    held[1]?.()
    t.equal((await later).status, 200)
  })

  await t.test('rows 22 and 23: ip-restriction, and real-ip before it', async t => {
    const refusal = { status: 403, body: '{"message":"Your IP address is not allowed"}\n' }
    t.match(await get(await serve({ 'ip-restriction': { blacklist: ['127.0.0.1'] } })), refusal, 'row 22')
    const path = await serve({ 'ip-restriction': { blacklist: ['198.51.100.7'] }, 'real-ip': { source: 'http_x_forwarded_for', trusted_addresses: ['127.0.0.1'] } })
    t.match(await get(path, { headers: { 'X-Forwarded-For': '198.51.100.7' } }), refusal, 'row 23')
    t.equal((await get(path, { headers: { 'X-Forwarded-For': '198.51.100.8' } })).status, 200, 'row 23')
  })

  await t.test('row 24: fault-injection, half of them', async t => {
    const abortsOf = async (percentage: number, count: number) => (await statusesOf(await serve({ 'fault-injection': { abort: { http_status: 418, percentage } } }), count)).filter(status => status === 418).length
    t.equal(await abortsOf(0, 20), 0)
    t.equal(await abortsOf(100, 20), 20)
    const half = await abortsOf(50, 200)
    t.ok(half > 50 && half < 150, String(half))
  })

  await t.test('row 25: mocking comes after authentication', async t => {
    const path = await serve({ mocking: { response_example: '{}' }, 'key-auth': {} })
    t.equal((await get(path)).status, 401)
    t.match(await get(path, { headers: { apikey: 'key-of-ann' } }), { status: 200, body: '{}' })
  })

  await t.test('row 26: client-control, 20 octets in chunks where 10 are allowed', async t => {
    const path = await serve({ 'client-control': { max_body_size: 10 } })
    t.equal((await get(path, { method: 'POST', body: 'x'.repeat(20), headers: { 'Transfer-Encoding': 'chunked' } })).status, 413)
  })

  await t.test('rows 27 and 28: http-logger', async t => {
    const posts: string[] = []
    const { uri } = await startLogServer(t, async request => { posts.push(await text(request)) })
    const format = { log_format: { path: '$uri' } }
    const single = await serve({ 'http-logger': { uri, batch_max_size: 1, ...format } })
    await get(single)
    await until(() => posts.length === 1)
    t.same(JSON.parse(posts[0] ?? ''), { path: single, route_id: `r${routes}` }, 'row 27: an object')
    const several = await serve({ 'http-logger': { uri, batch_max_size: 3, inactive_timeout: 1, ...format } })
    await Promise.all([get(several), get(several)])
    await until(() => posts.length === 2)
    t.same(JSON.parse(posts[1] ?? ''), [several, several].map(path => ({ path, route_id: `r${routes}` })), 'row 27: a list, once it is silent')

    const down = `http://${await refusingNode()}/`
    const unaffected = await serve({ 'http-logger': { uri: down, batch_max_size: 1, max_retry_count: 1, retry_delay: 0, name: 'nobody there', ...format } })
    t.equal((await get(unaffected)).status, 200, 'row 28')
    await gateway.logged('Batch Processor[nobody there] exceeded the max_retry_count[1] dropping the entries')
    t.equal(gateway.output.split('"batch":"nobody there"').length - 1, 2, 'row 28: tries')
  })

  await t.test('row 29: file-logger, a format with the body', async t => {
    const file = join(gateway.folder, 'requests.log')
    const path = await serve({ 'file-logger': { path: file, log_format: { body: '$request_body' } } })
    await get(path, { method: 'POST', body: 'hello' })
    await until(async () => (await readFile(file, 'utf8').catch(() => '')) !== '')
    t.equal(await readFile(file, 'utf8'), `{"body":"hello","route_id":"r${routes}"}\n`)
  })

  await t.test('rows 30 and 31: prometheus', async t => {
    const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
    const series = async (having: RegExp) => (await ask(Number(port), { path: '/apisix/prometheus/metrics' })).body.split('\n').filter(line => line.startsWith('apisix_http_status') && having.test(line))
    t.equal(await put('global_rules/1', { plugins: { prometheus: {} } }), 'stored')
    const path = await serve({ prometheus: {} })
    await get('/nowhere')
    t.match(await series(/code="404"/), [/route="",.*response_source="apisix"\} 1$/], 'row 30')
    await get(path)
    t.match(await series(new RegExp(`matched_uri="${path}"`)), [/ 1$/], 'row 31')
    await gateway.admin('DELETE', 'global_rules/1')
  })

  await t.test('row 32: serverless functions in Lua', async t => {
    for (const name of ['serverless-pre-function', 'serverless-post-function']) {
      const reply = await gateway.admin('PUT', 'routes/lua', { uri: '/lua', upstream: nodes, plugins: { [name]: { functions: ['return function() end'] } } })
      t.match(reply, { status: 400, text: 'serverless functions in Lua are not supported' })
    }
  })

  await t.test('row 33: _meta.disable', async t => {
    const disabled = { 'fault-injection': { abort: { http_status: 418 }, _meta: { disable: true } } }
    t.equal((await get(await serve(disabled))).status, 200)
    const { body } = await gateway.admin('GET', `routes/r${routes}`)
    t.same((body['value'] as unknown as { plugins: object }).plugins, disabled)
  })
})

async function startHandler (t: Test, handler: UpstreamHandler): Promise<object> {
  const upstream = await startUpstream({ handler })
  t.teardown(() => upstream.close())
  return { nodes: { [upstream.node]: 1 } }
}

async function startLogServer (t: Test, take: (request: IncomingMessage) => Promise<void>): Promise<{ readonly uri: string }> {
  const server = createServer((request, response) => {
    take(request).then(() => response.end(), () => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` } // it listens on TCP
}
