import { request } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { Route } from '@clinch/schema'
import { answering, echo, refusingNode, reset, silence, startUpstream, type UpstreamHandler } from '../support/upstream.ts'
import { ask, fieldOf, readToEnd, speak } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

async function serve (t: Test, nodes: Record<string, number>, upstream: object = {}, route: Partial<Route> = {}) {
  const gateway = await startHttpGateway({ routes: [{ id: 'r', uri: '/*', ...route, upstream: { nodes, ...upstream } as never }] }) // the schema checks it
  t.teardown(() => gateway.close())
  return gateway
}

async function upstreamOf (t: Test, handler: UpstreamHandler) {
  const upstream = await startUpstream({ handler })
  t.teardown(() => upstream.close())
  return upstream
}

t.test('a request that no route takes', async t => {
  const gateway = await startHttpGateway({ routes: [] })
  t.teardown(() => gateway.close())
  t.match(await ask(gateway.port), {
    status: 404,
    body: '{"error_msg":"404 Route Not Found"}\n',
    headers: { 'content-type': 'text/plain; charset=utf-8', server: 'clinch-test' }
  })
  t.match(await ask(gateway.port, { method: 'HEAD' }), { status: 404, body: '', headers: { 'content-length': '36' } })
  await gateway.over(2)
  t.match(gateway.outcomes, [{ status: 404, source: 'gateway', upstreamMs: undefined, responseBytes: 36 }, { responseBytes: 0 }])
})

t.test('an upstream that is down is a 502 page', async t => {
  const gateway = await serve(t, { [await refusingNode()]: 1 })
  const answer = await ask(gateway.port)
  t.match(answer, { status: 502, headers: { 'content-type': 'text/html; charset=utf-8', 'x-apisix-upstream-status': '502' } })
  t.match(answer.body, /<title>502 Bad Gateway<\/title>.*\r\n.*\r\n<center><h1>502 Bad Gateway<\/h1>/)
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 502, source: 'error' }])
  t.match(gateway.lines, [{ level: 40, msg: 'upstream request failed', source: 'upstream', err: { code: 'ECONNREFUSED' } }])
})

t.test('every node is tried once before that', async t => {
  const [first, second] = [await refusingNode(), await refusingNode()]
  const gateway = await serve(t, { [first]: 1, [second]: 1 })
  t.match(await ask(gateway.port), { status: 502, headers: { 'x-apisix-upstream-status': '502, 502' } })
  const more = await serve(t, { [first]: 1, [second]: 1 }, { retries: 7 })
  t.match(await ask(more.port), { status: 502, headers: { 'x-apisix-upstream-status': '502, 502' } })
  t.match(more.lines.at(-1), { msg: /all upstream servers tried$/ })
})

t.test('a node that works stands in for one that does not', async t => {
  const down = await refusingNode()
  const upstream = await upstreamOf(t, echo)
  const gateway = await serve(t, { [down]: 1, [upstream.node]: 1 }, { pass_host: 'node' })
  for (const method of ['GET', 'POST']) {
    const answer = await ask(gateway.port, { method, body: method === 'POST' ? 'body' : '' })
    t.equal(answer.status, 200)
    t.equal(fieldOf(answer.received(), 'host'), upstream.node, 'the host is the new node\'s')
    t.equal(answer.received().body, method === 'POST' ? 'body' : '', 'no byte of the body was lost to the first node')
  }
})

t.test('retries can be switched off', async t => {
  const upstream = await upstreamOf(t, echo)
  const gateway = await serve(t, { [await refusingNode()]: 1, [upstream.node]: 1 }, { retries: 0 })
  t.match(await ask(gateway.port), { status: 502, headers: { 'x-apisix-upstream-status': '502' } })
})

t.test('a connection that is cut before the answer is tried elsewhere, unless that could do a thing twice', async t => {
  const cutting = await upstreamOf(t, reset)
  const good = await upstreamOf(t, echo)
  const gateway = await serve(t, { [cutting.node]: 1, [good.node]: 1 })
  t.equal((await ask(gateway.port)).status, 200)
  const alone = await serve(t, { [cutting.node]: 1 }, { retries: 3 })
  const before = cutting.requests()
  t.match(await ask(alone.port, { method: 'POST' }), { status: 502 })
  t.equal(cutting.requests(), before + 1, 'a POST is sent once')
})

t.test('an answer is an answer, whatever its status', async t => {
  const failing = await upstreamOf(t, answering(500))
  const good = await upstreamOf(t, echo)
  const gateway = await serve(t, { [failing.node]: 1, [good.node]: 1 })
  t.equal((await ask(gateway.port)).status, 500)
})

t.test('an idle connection that the node closed meanwhile costs no request', async t => {
  let answered = 0
  const upstream = await upstreamOf(t, (request, response) => {
    answered++
    if (answered === 2) request.socket.destroy() // as if it had timed out just when the request came
    else response.end('ok')
  })
  const gateway = await serve(t, { [upstream.node]: 1 })
  t.equal((await ask(gateway.port)).body, 'ok')
  t.match(await ask(gateway.port), { status: 200, body: 'ok' })
  t.equal(upstream.connections(), 2)
})

t.test('an upstream that does not answer in time is a 504 page', async t => {
  const upstream = await upstreamOf(t, silence)
  const gateway = await serve(t, { [upstream.node]: 1 }, { timeout: { connect: 1, send: 1, read: 0.05 } })
  const answer = await ask(gateway.port)
  t.match(answer, { status: 504, body: /<h1>504 Gateway Time-out<\/h1>/, headers: { 'x-apisix-upstream-status': '504' } })
})

t.test('the route\'s timeout wins over the upstream\'s', async t => {
  const upstream = await upstreamOf(t, silence)
  const gateway = await serve(t, { [upstream.node]: 1 }, { timeout: { connect: 60, send: 60, read: 60 } }, { timeout: { connect: 1, send: 1, read: 0.05 } })
  t.equal((await ask(gateway.port)).status, 504)
})

t.test('an upstream that does not take a body in time is a 504', async t => {
  const upstream = await upstreamOf(t, silence)
  const gateway = await serve(t, { [upstream.node]: 1 }, { timeout: { connect: 1, send: 0.05, read: 60 } })
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n')
  socket.write(Buffer.alloc(50_000_000))
  const [chunk] = await once(socket, 'data') as [Buffer]
  t.match(chunk.toString(), /^HTTP\/1\.1 504 /)
})

t.test('after the retry timeout there is no new attempt', async t => {
  const upstream = await upstreamOf(t, silence)
  const good = await upstreamOf(t, echo)
  const gateway = await serve(t, { [upstream.node]: 1, [good.node]: 1 }, { timeout: { connect: 1, send: 1, read: 0.05 }, retry_timeout: 0.01 })
  t.equal((await ask(gateway.port)).status, 502)
  t.match(gateway.lines.at(-1), { msg: 'proxy retry timeout' })
})

t.test('what is no HTTP is a 502 and is not asked twice', async t => {
  const upstream = await upstreamOf(t, request => { request.socket.end('HTP/1.1 200 OK\r\n\r\n') })
  const good = await upstreamOf(t, echo)
  const gateway = await serve(t, { [upstream.node]: 1, [good.node]: 1 })
  t.equal((await ask(gateway.port)).status, 502)
  t.equal(good.requests(), 0)
})

t.test('a field that cannot be sent on is a 502', async t => {
  const upstream = await upstreamOf(t, request => { request.socket.end('HTTP/1.1 200 OK\r\nX-Bad: a\x7fb\r\nContent-Length: 0\r\n\r\n') })
  const gateway = await serve(t, { [upstream.node]: 1 })
  t.equal((await ask(gateway.port)).status, 502)
})

t.test('an upstream without nodes, or none at all, is a 503 page', async t => {
  const gateway = await startHttpGateway({ routes: [{ uri: '/none', plugins: {} }, { uri: '/empty', upstream: { nodes: {} } as never }] })
  t.teardown(() => gateway.close())
  for (const path of ['/none', '/empty']) t.match(await ask(gateway.port, { path }), { status: 503, body: /<h1>503 Service Temporarily Unavailable<\/h1>/ }, path)
  t.match(gateway.lines.map(line => line.msg), [
    'failed to set upstream: no valid upstream node',
    'failed to set upstream: missing upstream configuration in Route or Service',
    'failed to set upstream: no valid upstream node'
  ])
})

t.test('an answer that breaks off breaks off for the client too', async t => {
  const upstream = await upstreamOf(t, (request, response) => {
    response.writeHead(200, { 'Content-Length': 100 })
    response.write('half', () => request.socket.resetAndDestroy())
  })
  const gateway = await serve(t, { [upstream.node]: 1 })
  const socket = connect(gateway.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(await readToEnd(socket), /\r\n\r\nhalf$/)
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 200, source: 'error' }])
})

t.test('a chunked answer that breaks off has no last chunk', async t => {
  const upstream = await upstreamOf(t, (request, response) => {
    response.write('half', () => request.socket.resetAndDestroy())
  })
  const gateway = await serve(t, { [upstream.node]: 1 })
  t.notMatch(await speak(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /0\r\n\r\n$/)
})

t.test('a client that leaves takes its request with it', async t => {
  const left = Promise.withResolvers<string>()
  const upstream = await upstreamOf(t, (request, response) => {
    request.resume()
    response.on('close', () => left.resolve('left'))
    arrived.resolve()
  })
  let arrived = Promise.withResolvers<void>()
  const gateway = await serve(t, { [upstream.node]: 1 })
  for (const [what, head] of [['while it waits', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'], ['while it sends', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc']] as const) {
    arrived = Promise.withResolvers()
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write(head)
    await arrived.promise
    socket.destroy()
    t.equal(await left.promise, 'left', what)
  }
  await gateway.over(2)
  t.match(gateway.outcomes, [{ status: 499 }, { status: 499 }])
  t.equal(gateway.inFlight(), 0)
})

t.test('a client that leaves while the gateway connects leaves nothing behind', async t => {
  const upstream = await upstreamOf(t, echo)
  const gateway = await serve(t, { [upstream.node]: 1 })
  const outgoing = request({ port: gateway.port, host: '127.0.0.1', agent: false })
  outgoing.on('error', () => {})
  outgoing.end()
  await once(outgoing, 'finish')
  outgoing.destroy()
  t.equal((await ask(gateway.port)).status, 200)
  while (gateway.inFlight() > 0) await gateway.over(gateway.outcomes.length + 1)
  t.pass('every request that came is over')
})
