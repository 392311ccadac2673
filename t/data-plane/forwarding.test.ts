import { Agent } from 'node:http'
import t, { type Test } from 'tap'
import type { Route } from '@clinch/schema'
import { answering, startUpstream, type UpstreamHandler } from '../support/upstream.ts'
import { ask, fieldOf, speak } from './http-client.ts'
import { startHttpGateway, type HttpGatewayOptions } from './http-gateway.ts'

async function serve (t: Test, handler?: UpstreamHandler, route: Partial<Route> = {}, options: Partial<HttpGatewayOptions> = {}) {
  const upstream = await startUpstream(handler === undefined ? {} : { handler })
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({
    routes: [{ id: 'r', uri: '/*', ...route, upstream: { nodes: { [upstream.node]: 1 }, ...route.upstream } as never }], // the schema checks it
    ...options
  })
  t.teardown(() => gateway.close())
  return { upstream, gateway, port: gateway.port }
}

t.test('the request line and the body go on as they came', async t => {
  const { port } = await serve(t)
  const answer = await ask(port, { method: 'PUT', path: '/a/../b%2Fc//d?x=%20&y', body: 'some body' })
  t.equal(answer.status, 200)
  t.match(answer.received(), { method: 'PUT', target: '/a/../b%2Fc//d?x=%20&y', body: 'some body' })
})

t.test('the absolute form goes on in origin form, with its host', async t => {
  const { port } = await serve(t)
  const text = await speak(port, 'GET http://real.test:81/a?b HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n')
  t.match(text, '"target":"/a?b"')
  t.match(text, '"host","real.test:81"')
})

t.test('the upstream learns who asked, how and for what', async t => {
  const { port } = await serve(t)
  const sent = {
    Host: 'A.test:8080',
    'X-Real-IP': '6.6.6.6',
    'X-Forwarded-For': '7.7.7.7',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'evil.test',
    'X-Forwarded-Port': '1',
    Forwarded: 'for=6.6.6.6',
    'X-Kept': 'ü'
  }
  const received = (await ask(port, { headers: sent })).received()
  t.equal(fieldOf(received, 'host'), 'A.test:8080')
  t.equal(fieldOf(received, 'x-real-ip'), '127.0.0.1')
  t.equal(fieldOf(received, 'x-forwarded-for'), '7.7.7.7, 127.0.0.1')
  t.equal(fieldOf(received, 'x-forwarded-proto'), 'http')
  t.equal(fieldOf(received, 'x-forwarded-host'), 'A.test:8080')
  t.equal(fieldOf(received, 'x-forwarded-port'), '8080')
  t.equal(fieldOf(received, 'forwarded'), undefined)
  t.equal(fieldOf(received, 'x-kept'), 'ü')
})

t.test('what a peer says of forwarding depends on trust', async t => {
  const headers = { 'X-Forwarded-For': '7.7.7.7', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'front.test', 'X-Forwarded-Port': '443', Forwarded: 'for=7.7.7.7' }
  const cases = [
    { trustedAddresses: ['127.0.0.0/8'], forwardedFor: '7.7.7.7, 127.0.0.1', proto: 'https', host: 'front.test', forwardedPort: '443', forwarded: 'for=7.7.7.7' },
    { trustedAddresses: ['10.0.0.0/8'], forwardedFor: '127.0.0.1', proto: 'http', host: undefined, forwardedPort: undefined, forwarded: undefined }
  ]
  for (const { trustedAddresses, forwardedFor, proto, host, forwardedPort, forwarded } of cases) {
    const { port } = await serve(t, undefined, {}, { settings: { trustedAddresses } })
    const received = (await ask(port, { headers })).received()
    t.equal(fieldOf(received, 'x-forwarded-for'), forwardedFor)
    t.equal(fieldOf(received, 'x-forwarded-proto'), proto)
    t.equal(fieldOf(received, 'x-forwarded-host'), host ?? `127.0.0.1:${port}`)
    t.equal(fieldOf(received, 'x-forwarded-port'), forwardedPort ?? String(port))
    t.equal(fieldOf(received, 'forwarded'), forwarded)
  }
})

t.test('a trusted peer names the client in the real-ip header', async t => {
  const cases: ReadonlyArray<readonly [header: string, from: string[], value: string, address: string]> = [
    ['X-Real-IP', ['127.0.0.1', 'unix:'], '192.0.2.9', '192.0.2.9'],
    ['X-Real-IP', ['127.0.0.1'], 'nobody', '127.0.0.1'],
    ['X-Real-IP', ['10.0.0.0/8'], '192.0.2.9', '127.0.0.1'],
    ['X-Forwarded-For', ['127.0.0.1'], '6.6.6.6, 192.0.2.9', '192.0.2.9'],
    ['X-Client', ['127.0.0.1'], '[2001:db8::1]:99', '2001:db8::1']
  ]
  for (const [realIpHeader, realIpFrom, value, address] of cases) {
    const { port } = await serve(t, undefined, {}, { settings: { realIpHeader, realIpFrom } })
    const received = (await ask(port, { headers: { [realIpHeader]: value } })).received()
    t.equal(fieldOf(received, 'x-real-ip'), address, `${realIpHeader}: ${value} from ${realIpFrom}`)
  }
})

t.test('the host that the upstream sees', async t => {
  const cases: ReadonlyArray<readonly [upstream: object, host: (node: string) => string]> = [
    [{ pass_host: 'pass' }, () => 'client.test:99'],
    [{ pass_host: 'node' }, node => node],
    [{ pass_host: 'rewrite', upstream_host: 'inner.test' }, () => 'inner.test']
  ]
  for (const [given, host] of cases) {
    const { port, upstream } = await serve(t, undefined, { upstream: given as never })
    const received = (await ask(port, { headers: { Host: 'client.test:99' } })).received()
    t.equal(fieldOf(received, 'host'), host(upstream.node), JSON.stringify(given))
  }
})

t.test('fields of one connection stay on it', async t => {
  const { port } = await serve(t)
  const received = (await ask(port, {
    headers: { Connection: 'keep-alive, X-Mine', 'X-Mine': '1', 'Keep-Alive': 'timeout=9', TE: 'trailers', 'Proxy-Connection': 'close', Upgrade: 'h2c', Expect: '100-continue' }
  })).received()
  for (const name of ['x-mine', 'keep-alive', 'te', 'proxy-connection', 'upgrade', 'expect']) t.equal(fieldOf(received, name), undefined, name)
  t.equal(fieldOf(received, 'connection'), 'keep-alive', 'the gateway\'s own')
})

t.test('the answer comes back with its status, its reason and its fields', async t => {
  const { port } = await serve(t, (request, response) => {
    response.writeHead(207, 'Quite Many', [
      'Server', 'inner', 'X-Case', 'Kept', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Accel-Redirect', '/x', 'X-Pad', 'y',
      'Connection', 'X-Private', 'X-Private', 'z', 'Date', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Content-Type', 'text/plain'
    ])
    response.end('body')
  })
  const { status, reason, headers, rawHeaders, body } = await ask(port)
  t.match({ status, reason, body }, { status: 207, reason: 'Quite Many', body: 'body' })
  t.match(headers, { server: 'clinch-test', 'set-cookie': ['a=1', 'b=2'], date: 'Thu, 01 Jan 1970 00:00:00 GMT', 'content-type': 'text/plain; charset=utf-8' })
  t.ok(rawHeaders.includes('X-Case'), 'the spelling of names is kept')
  for (const name of ['x-accel-redirect', 'x-pad', 'x-private']) t.notOk(name in headers, name)
  t.notOk('x-apisix-upstream-status' in headers)
})

t.test('the upstream\'s status is told when it failed, or always where that is configured', async t => {
  const failing = await serve(t, answering(503))
  t.match(await ask(failing.port), { status: 503, body: '503', headers: { 'x-apisix-upstream-status': '503' } })
  const shown = await serve(t, answering(200), {}, { settings: { showUpstreamStatus: true } })
  t.match(await ask(shown.port), { status: 200, headers: { 'x-apisix-upstream-status': '200' } })
})

t.test('answers without content', async t => {
  const { port, upstream } = await serve(t, (request, response) => {
    response.writeHead(Number(request.url?.slice(1)), request.method === 'HEAD' ? { 'Content-Length': 1234 } : {}).end()
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  t.match(await ask(port, { agent, method: 'HEAD', path: '/200' }), { status: 200, body: '', headers: { 'content-length': '1234' } })
  t.match(await ask(port, { agent, path: '/204' }), { status: 204, body: '' })
  t.match(await ask(port, { agent, path: '/304' }), { status: 304, body: '' })
  t.match(await ask(port, { agent, path: '/200' }), { status: 200, body: '' })
  t.equal(upstream.connections(), 1, 'one connection to the upstream served them all')
})

t.test('an HTTP/1.0 client gets a body that ends with the connection', async t => {
  const { port } = await serve(t, (request, response) => {
    response.write('part one, ')
    response.end('part two')
  })
  const text = await speak(port, 'GET / HTTP/1.0\r\n\r\n')
  t.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  t.notMatch(text, /transfer-encoding/i)
  t.ok(text.endsWith('\r\n\r\npart one, part two'))
})

t.test('trailers are handed on', async t => {
  const { port } = await serve(t, (request, response) => {
    response.writeHead(200, { Trailer: 'X-Sum' })
    response.write('body')
    response.addTrailers({ 'X-Sum': '42', 'X-Other': '1' })
    response.end()
  })
  t.match(await ask(port), { body: 'body', trailers: { 'x-sum': '42', 'x-other': '1' } })
})

t.test('early hints and other interim answers are not the answer', async t => {
  const { port } = await serve(t, (request, response) => {
    response.writeEarlyHints({ link: '</a>; rel=preload' })
    response.end('final')
  })
  t.match(await ask(port), { status: 200, body: 'final' })
})

t.test('a client that waits for leave to send its body gets it', async t => {
  const { port } = await serve(t)
  const text = await speak(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nhi')
  t.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  t.match(text, '"body":"hi"')
})

t.test('requests of one client share its connection, and the gateway\'s to the upstream', async t => {
  const { port, upstream } = await serve(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  for (let at = 0; at < 10; at++) {
    t.equal((await ask(port, { agent, method: 'POST', body: 'x'.repeat(at * 1000) })).received().body.length, at * 1000)
  }
  t.equal(upstream.connections(), 1)
})

t.test('no more idle connections are kept than configured', async t => {
  const { port, upstream } = await serve(t, undefined, { upstream: { keepalive_pool: { size: 1, idle_timeout: 60, requests: 1000 } } as never })
  await Promise.all([ask(port), ask(port), ask(port)])
  const opened = upstream.connections()
  await ask(port)
  t.equal(upstream.connections(), opened, 'the one that is kept serves the next')
})

t.test('a connection ends after the configured number of requests', async t => {
  const { port, upstream } = await serve(t, undefined, { upstream: { keepalive_pool: { size: 1, idle_timeout: 60, requests: 2 } } as never })
  for (let at = 0; at < 6; at++) t.equal((await ask(port)).status, 200)
  t.equal(upstream.connections(), 3)
})

t.test('a body that the gateway need not read to its end does not stop the connection', async t => {
  const { port } = await serve(t, (request, response) => { response.end('early') })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  for (let at = 0; at < 3; at++) t.equal((await ask(port, { agent, method: 'POST', body: 'x'.repeat(300_000) })).body, 'early')
})

t.test('a route takes effect for the next request, and the last one ends as it began', async t => {
  let finish: (() => void) | undefined
  const arrived = Promise.withResolvers<void>()
  const { port, gateway } = await serve(t, (request, response) => {
    finish = () => response.end('old')
    arrived.resolve()
  })
  const old = ask(port)
  await arrived.promise
  gateway.replace([])
  t.equal((await ask(port)).status, 404)
  t.equal(gateway.pools.size, 1, 'what the request uses is still there')
  finish?.()
  t.equal((await old).body, 'old')
  await gateway.over(2)
  t.equal(gateway.pools.size, 0)
})
