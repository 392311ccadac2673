import { connect as connectHttp2 } from 'node:http2'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Type } from '@sinclair/typebox'
import { CONTINUE, type Plugin } from '@clinch/plugins'
import t, { type Test } from 'tap'
import { startUpstream } from '../support/upstream.ts'
import { serveBuiltIn } from './built-in-gateway.ts'
import { ask, readToEnd, readUntil } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

const chunked = { 'Transfer-Encoding': 'chunked' }
const post = (bytes: number, headers = {}) => ({ method: 'POST', body: 'x'.repeat(bytes), headers })

t.test('client-control: 20 octets in chunks where 10 are allowed are answered with 413', async t => {
  const { port } = await serveBuiltIn(t, { conf: { 'client-control': { max_body_size: 10 } } })
  t.match(await ask(port, post(20, chunked)), { status: 413, body: /<h1>413 Request Entity Too Large<\/h1>/, headers: { connection: 'close' } })
  t.equal((await ask(port, post(10, chunked))).status, 200)
})

t.test('client-control: an announced length comes to no upstream, nor to authentication', async t => {
  const { port, upstream, gateway } = await serveBuiltIn(t, { conf: { 'client-control': { max_body_size: 10 }, 'key-auth': {} } })
  t.equal((await ask(port, post(11))).status, 413)
  t.equal(upstream.requests(), 0)
  t.match(gateway.lines, [{ level: 40, msg: 'client-control exits with http status code 413' }])
})

t.test('client-control: bodies of HTTP/2 are counted too', async t => {
  const { gateway } = await serveBuiltIn(t, { conf: { 'client-control': { max_body_size: 10 } }, protocol: 'http2' })
  const session = connectHttp2(gateway.url)
  t.teardown(() => session.destroy())
  for (const [bytes, status] of [[11, 413], [10, 200]] as const) {
    const stream = session.request({ ':method': 'POST', ':path': '/' })
    stream.end('x'.repeat(bytes))
    t.match(await once(stream, 'response'), [{ ':status': status }])
    stream.resume()
    await once(stream, 'close')
  }
})

t.test('client_max_body_size holds for every route, announced or not', async t => {
  const { port, upstream } = await serveBuiltIn(t, { conf: {}, settings: { clientMaxBodyBytes: 10 } })
  t.match(await ask(port, post(11)), { status: 413, body: /413 Request Entity Too Large/ })
  t.equal(upstream.requests(), 0)
  t.equal((await ask(port, post(11, chunked))).status, 413)
  t.equal((await ask(port, post(10, chunked))).status, 200)
})

t.test('a route has its own limit in the place of it, a higher one too, or none', async t => {
  for (const size of [20, 0]) {
    const { port } = await serveBuiltIn(t, { conf: { 'client-control': { max_body_size: size } }, settings: { clientMaxBodyBytes: 10 } })
    t.equal((await ask(port, post(20, chunked))).status, 200)
    t.equal((await ask(port, post(20))).status, 200)
  }
})

t.test('of a global rule and a route the route has the last word', async t => {
  const { port } = await serveBuiltIn(t, { conf: { 'client-control': { max_body_size: 20 } }, objects: { 'global_rules/1': { plugins: { 'client-control': { max_body_size: 10, _meta: { filter: [['uri', '!', '==', '/announced']] } } } } } })
  t.equal((await ask(port, post(20, chunked))).status, 200)
  t.equal((await ask(port, post(21, chunked))).status, 413)
})

/** Sends the head and the beginning of a body over a socket of its own. */
async function begin (t: Test, port: number, text: string) {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  socket.write(text)
  return socket
}
const unfinished = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345'
const late = /^HTTP\/1\.1 408 Request Time-?out\r\n[^]*Connection: close[^]*<h1>408 Request Time-out<\/h1>/i

t.test('a client that falls silent within its body is answered with 408, and the connection ends', async t => {
  const { port, gateway } = await serveBuiltIn(t, { conf: {}, settings: { clientBodyTimeoutMs: 50 } })
  t.match(await readToEnd(await begin(t, port, unfinished)), late)
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 408 }])
})

t.test('one that goes on is given the time again', async t => {
  const { port } = await serveBuiltIn(t, { conf: {}, settings: { clientBodyTimeoutMs: 200 } })
  const socket = await begin(t, port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nConnection: close\r\n\r\n')
  const answer = readToEnd(socket)
  for (const letter of 'abcdef') {
    await new Promise(resolve => setTimeout(resolve, 60))
    socket.write(letter)
  }
  t.match(await answer, /^HTTP\/1\.1 200 [^]*"body":"abcdef"/)
})

t.test('0 gives all the time there is', async t => {
  const { port } = await serveBuiltIn(t, { conf: {}, settings: { clientBodyTimeoutMs: 0 } })
  const socket = await begin(t, port, unfinished)
  setTimeout(() => socket.write('67890'), 20)
  t.match(await readUntil(socket, '"body":"1234567890"'), /^HTTP\/1\.1 200 /)
})

t.test('an upstream that takes its time is not the client\'s fault', async t => {
  const { port } = await serveBuiltIn(t, {
    conf: {},
    settings: { clientBodyTimeoutMs: 30 },
    handler (request, response) {
      setTimeout(() => { request.resume() }, 150)
      request.on('end', () => response.end('at last'))
    }
  })
  t.match(await ask(port, post(4_000_000)), { status: 200, body: 'at last' })
})

t.test('a plugin that reads the body waits no longer than that either', async t => {
  const seen: Array<Buffer | undefined> = []
  const reader: Plugin = {
    name: 'reader',
    version: 1,
    priority: 1,
    schema: Type.Object({}),
    create: () => ({
      async access (context) {
        seen.push(await context.readBody(100))
        return CONTINUE
      }
    })
  }
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ plugins: [reader], routes: [{ uri: '/*', plugins: { reader: {} }, upstream: { nodes: { [upstream.node]: 1 } } as never }], settings: { clientBodyTimeoutMs: 50, clientMaxBodyBytes: 20 } }) // the schema checks it
  t.teardown(() => gateway.close())
  t.match(await readToEnd(await begin(t, gateway.port, unfinished)), late)
  t.equal((await ask(gateway.port, post(21, chunked))).status, 413)
  t.equal((await ask(gateway.port, post(20, chunked))).status, 200)
  t.strictSame(seen.map(body => body?.length), [undefined, undefined, 20])
  t.equal(upstream.requests(), 1)
})
