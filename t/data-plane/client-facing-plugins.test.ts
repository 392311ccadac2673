import t from 'tap'
import { fieldOf, ask } from './http-client.ts'
import { serveBuiltIn } from './built-in-gateway.ts'

const keyAuth = { header: 'apikey' }
const origins = { allow_origins: 'https://a.test,https://b.test' }

t.test('cors: a third origin is told nothing but that it depends on the origin', async t => {
  const { port } = await serveBuiltIn(t, { conf: { cors: origins } })
  const { status, headers } = await ask(port, { headers: { Origin: 'https://c.test' } })
  t.equal(status, 200)
  t.equal(headers['vary'], 'Origin')
  t.notOk(Object.keys(headers).some(name => name.startsWith('access-control-')))
  t.match((await ask(port, { headers: { Origin: 'https://b.test' } })).headers, { 'access-control-allow-origin': 'https://b.test', vary: 'Origin' })
})

t.test('cors: OPTIONS is answered before authentication, and who is refused by it may know so', async t => {
  const { port, upstream } = await serveBuiltIn(t, { conf: { cors: origins, 'key-auth': keyAuth } })
  t.match(await ask(port, { method: 'OPTIONS', headers: { Origin: 'https://a.test' } }), { status: 200, body: '', headers: { 'access-control-allow-origin': 'https://a.test', 'content-length': '0' } })
  t.match(await ask(port, { headers: { Origin: 'https://a.test' } }), { status: 401, headers: { 'access-control-allow-origin': 'https://a.test' } })
  t.equal(upstream.requests(), 0)
})

t.test('cors: what a plugin does to the origin towards the upstream changes nothing', async t => {
  const { port } = await serveBuiltIn(t, { conf: { cors: origins, 'proxy-rewrite': { headers: { set: { Origin: 'https://up.test' } } } } })
  const answer = await ask(port, { headers: { Origin: 'https://a.test' } })
  t.equal(answer.headers['access-control-allow-origin'], 'https://a.test')
  t.equal(fieldOf(answer.received(), 'origin'), 'https://up.test')
})

t.test('cors: lists of the metadata are those of now', async t => {
  const objects: Record<string, object> = { 'plugin_metadata/cors': { allow_origins: { k: 'https://a.test' } } }
  const { port, gateway } = await serveBuiltIn(t, { conf: { cors: { allow_origins_by_metadata: ['k'] } }, objects })
  const allowed = async () => (await ask(port, { headers: { Origin: 'https://b.test' } })).headers['access-control-allow-origin']
  t.equal(await allowed(), undefined)
  objects['plugin_metadata/cors'] = { allow_origins: { k: 'https://b.test' } }
  gateway.replace([{ id: 'r', uri: '/*', plugins: { cors: { allow_origins_by_metadata: ['k'] } }, upstream: { nodes: { '127.0.0.1:1': 1 } } as never }])
  t.equal(await allowed(), 'https://b.test')
})

t.test('redirect: a POST over plain HTTP goes to the port of https with its method', async t => {
  const { port, upstream } = await serveBuiltIn(t, { conf: { redirect: { http_to_https: true } } })
  t.match(await ask(port, { method: 'POST', path: '/a?b', headers: { Host: 'www.test:9080' }, body: 'x' }), { status: 308, body: /<h1>308 Permanent Redirect<\/h1>/, headers: { location: 'https://www.test:9443/a?b' } })
  t.match(await ask(port, { path: '/a', headers: { Host: 'www.test' } }), { status: 301, headers: { location: 'https://www.test:9443/a' } })
  t.equal(upstream.requests(), 0)
})

t.test('redirect: X-Forwarded-Proto counts when it comes from who is trusted', async t => {
  const conf = { redirect: { http_to_https: true } }
  const headers = { 'X-Forwarded-Proto': 'https' }
  const anybody = await serveBuiltIn(t, { conf })
  t.equal((await ask(anybody.port, { headers })).status, 301)
  const proxy = await serveBuiltIn(t, { conf, settings: { trustedAddresses: ['127.0.0.1'] } })
  t.equal((await ask(proxy.port, { headers })).status, 200)
})

t.test('redirect: a location of non-ASCII text goes out in UTF-8', async t => {
  const { port } = await serveBuiltIn(t, { conf: { redirect: { uri: '/é' } } })
  t.equal(Buffer.from((await ask(port)).headers.location ?? '', 'latin1').toString(), '/é')
})

const forwarded = { headers: { 'X-Forwarded-For': '198.51.100.7, 127.0.0.9' } }
const restricted = { 'ip-restriction': { blacklist: ['198.51.100.7'] } }

t.test('real-ip: what comes after it decides on the address that was forwarded', async t => {
  const realIp = { source: 'http_x_forwarded_for', trusted_addresses: ['127.0.0.0/24'], recursive: true }
  const { port } = await serveBuiltIn(t, { conf: { 'real-ip': realIp, ...restricted } })
  t.equal((await ask(port, forwarded)).status, 403)
  const answer = await ask(port, { headers: { 'X-Forwarded-For': '198.51.100.8:1234' } })
  t.equal(fieldOf(answer.received(), 'x-real-ip'), '198.51.100.8')
  t.equal(fieldOf(answer.received(), 'x-forwarded-for'), '198.51.100.8:1234, 198.51.100.8')
})

t.test('real-ip: several lines of X-Forwarded-For are one list', async t => {
  const { port } = await serveBuiltIn(t, { conf: { 'real-ip': { source: 'http_x_forwarded_for' }, ...restricted } })
  t.equal((await ask(port, { headers: ['Host', 'a', 'X-Forwarded-For', '198.51.100.8', 'X-Forwarded-For', '198.51.100.7'] })).status, 403)
})

t.test('real-ip: who is not trusted, here or for the whole gateway, names nobody', async t => {
  const untrusted = await serveBuiltIn(t, { conf: { 'real-ip': { source: 'http_x_forwarded_for', trusted_addresses: ['192.0.2.0/24'] }, ...restricted } })
  t.equal((await ask(untrusted.port, { headers: { 'X-Forwarded-For': '198.51.100.7' } })).status, 200)
  const outside = await serveBuiltIn(t, { conf: { 'real-ip': { source: 'http_x_forwarded_for' }, ...restricted }, settings: { trustedAddresses: ['192.0.2.1'] } })
  t.equal((await ask(outside.port, { headers: { 'X-Forwarded-For': '198.51.100.7' } })).status, 200)
  t.match(outside.gateway.lines.filter(({ level }) => level === 40), [{ msg: 'missing real address' }])
})

t.test('real-ip: a trusted peer is who connects, whomever its X-Real-IP names', async t => {
  const conf = { 'real-ip': { source: 'http_x_forwarded_for', trusted_addresses: ['127.0.0.1'] }, ...restricted }
  const { port } = await serveBuiltIn(t, { conf, settings: { realIpFrom: ['127.0.0.1'] } })
  t.equal((await ask(port, { headers: { 'X-Real-IP': '203.0.113.1', 'X-Forwarded-For': '198.51.100.7' } })).status, 403)
})
