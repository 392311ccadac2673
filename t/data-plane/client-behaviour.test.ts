import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import type { Plugin } from '@clinch/plugins'
import { startUpstream, type UpstreamOptions } from '../support/upstream.ts'
import { readToEnd, readUntil, speak } from './http-client.ts'
import { startHttpGateway, type HttpGatewayOptions } from './http-gateway.ts'

const refusing: Plugin = {
  name: 'refusing',
  version: 1,
  priority: 1,
  schema: {} as never, // the catalog of tests looks at none
  create: () => ({ access: () => ({ kind: 'respond', response: { status: 401, body: 'no' } }) })
}

async function serve (t: Test, options: UpstreamOptions = {}, gatewayOptions: Partial<HttpGatewayOptions> = {}) {
  const upstream = await startUpstream(options)
  t.teardown(() => upstream.close())
  const node = { nodes: { [upstream.node]: 1 } } as never // the schema checks it
  const gateway = await startHttpGateway({ plugins: [refusing], routes: [{ uri: '/*', upstream: node }, { uri: '/refused', plugins: { refusing: {} }, upstream: node }], ...gatewayOptions })
  t.teardown(() => gateway.close())
  return { gateway, upstream }
}

t.test('a client that waits for leave to send its body is told to go on when the body is wanted', async t => {
  const { gateway } = await serve(t)
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const head = (length: number) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`
  socket.write(head(5))
  t.equal(await readUntil(socket, '\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('hello')
  t.match(await readUntil(socket, '"body":"hello"}'), /^HTTP\/1\.1 200 OK\r\n(?![^]*Connection: close)/)
  socket.write(head(3))
  t.equal(await readUntil(socket, '\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n', 'the connection goes on')
})

t.test('a client whose request is refused before its body is wanted is not told to send it', async t => {
  const { gateway, upstream } = await serve(t)
  const text = await speak(gateway.port, 'POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
  t.match(text, /^HTTP\/1\.1 401 [^]*\r\nConnection: close\r\n[^]*no$/)
  t.equal(upstream.requests(), 0)
})

t.test('pipelined requests are answered in their order', async t => {
  const { gateway } = await serve(t, {
    handler (request, response) {
      setTimeout(() => response.end(`answer ${request.url ?? ''};`), request.url === '/1' ? 80 : 0)
    }
  })
  const text = await speak(gateway.port, ['/1', '/2', '/3'].map(path => `GET ${path} HTTP/1.1\r\nHost: a\r\n${path === '/3' ? 'Connection: close\r\n' : ''}\r\n`).join(''))
  t.same(text.match(/answer \/\d/g), ['answer /1', 'answer /2', 'answer /3'])
})

t.test('a client that ends its side has left, as nginx sees it', async t => {
  const left = Promise.withResolvers<void>()
  const { gateway } = await serve(t, { handler: (_request, response) => { response.on('close', left.resolve).on('error', () => {}) } })
  const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal(await readToEnd(socket), '')
  await left.promise
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 499 }])
})

t.test('a client that ends its side in the middle of a body takes the upstream\'s request with it', async t => {
  const { gateway } = await serve(t)
  const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello')
  t.notMatch(await readToEnd(socket), /^HTTP\/1\.1 200/)
  await gateway.over(1)
  t.equal(gateway.inFlight(), 0)
})

t.test('an answer that comes before the body has been sent is passed on at once', async t => {
  const { gateway } = await serve(t, { handler: (_request, response) => { response.writeHead(403, { 'Content-Length': 2 }).end('no') } })
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfirst')
  t.match(await readUntil(socket, '\r\n\r\nno'), /^HTTP\/1\.1 403 Forbidden\r\n/)
})

t.test('an HTTP/1.0 client keeps its connection where it asks to', async t => {
  const { gateway } = await serve(t)
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const ask = 'GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n'
  socket.write(ask)
  t.match(await readUntil(socket, '"body":""}'), /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: keep-alive\r\n/)
  socket.write(ask.replace('Connection: keep-alive\r\n', ''))
  const [last] = await Promise.all([readToEnd(socket), once(socket, 'close')])
  t.match(last, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n/)
})

t.test('after keepalive_requests a connection ends with its answer, and what was sent behind is served to nobody', async t => {
  const { gateway, upstream } = await serve(t, {}, { settings: { clientMaxRequests: 3 } })
  const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  for (let count = 1; count < 3; count++) {
    socket.write(get)
    t.match(await readUntil(socket, '"body":""}'), /\r\nConnection: keep-alive\r\n/)
  }
  socket.write(get + get + get)
  t.match(await readToEnd(socket), /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n(?![^]*HTTP\/1\.1)/)
  await gateway.over(3)
  t.equal(upstream.requests(), 3)
  t.equal(gateway.inFlight(), 0)
})

t.test('an HTTP/2 connection takes no new requests after that many, and serves those it has', async t => {
  const { gateway } = await serve(t, {}, { settings: { clientMaxRequests: 3 }, protocol: 'http2' })
  const session = connectHttp2(gateway.url)
  t.teardown(() => session.destroy())
  const gone = once(session, 'goaway') as Promise<[code: number]>
  const streams = [1, 2, 3].map(() => session.request({ ':path': '/' }).resume())
  const answers = streams.map(async stream => (await once(stream, 'response') as [object])[0])
  t.match(await Promise.all(answers), Array(3).fill({ ':status': 200 }))
  t.equal((await gone)[0], 0)
  await once(session, 'close')
})
