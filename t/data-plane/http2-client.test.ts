import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { startUpstream, type Received, type UpstreamHandler } from '../support/upstream.ts'
import { fieldOf } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

async function serve (t: Test, handler?: UpstreamHandler) {
  const upstream = await startUpstream(handler === undefined ? {} : { handler })
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }], protocol: 'http2' }) // the schema checks it
  t.teardown(() => gateway.close())
  const session = connect(gateway.url)
  t.teardown(() => session.destroy())
  return { upstream, gateway, session }
}

async function ask (session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string) {
  const stream = session.request(headers, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  const trailers: IncomingHttpHeaders = {}
  stream.on('trailers', (came: IncomingHttpHeaders) => Object.assign(trailers, came))
  const [head] = await once(stream, 'response') as [IncomingHttpHeaders & { ':status'?: number }]
  return { status: head[':status'], head, body: await text(stream), trailers }
}

t.test('an HTTP/2 request reaches an HTTP/1.1 upstream', async t => {
  const { session } = await serve(t)
  const answer = await ask(session, { ':method': 'POST', ':path': '/a?b', ':authority': 'X.test:1', cookie: ['a=1', 'b=2'], te: 'trailers', 'x-kept': 'yes' }, 'body')
  t.match(answer, { status: 200, head: { server: 'clinch-test', 'content-type': 'application/json' } })
  const received = JSON.parse(answer.body) as Received
  t.match(received, { method: 'POST', target: '/a?b', body: 'body' })
  t.match(['host', 'cookie', 'x-kept', 'te', 'x-forwarded-host', 'x-forwarded-port'].map(name => fieldOf(received, name)), ['X.test:1', 'a=1; b=2', 'yes', undefined, 'X.test:1', '1'])
  t.notOk(received.rawHeaders.some(name => name.startsWith(':')))
})

t.test('many requests share one client connection', async t => {
  const { session } = await serve(t)
  const answers = await Promise.all(Array.from({ length: 50 }, async (_, at) => await ask(session, { ':path': `/${at}` })))
  t.strictSame(answers.map(({ body }) => (JSON.parse(body) as Received).target), answers.map((_, at) => `/${at}`))
})

t.test('the answer keeps what HTTP/2 can carry', async t => {
  const { session } = await serve(t, (_, response) => {
    response.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Connection', 'keep-alive, X-Private', 'X-Private', '1', 'Keep-Alive', 'timeout=5', 'X-Other', 'o', 'Trailer', 'X-Sum'])
    response.write('part, ')
    response.addTrailers({ 'X-Sum': '42' })
    response.end('part')
  })
  const { head, body, trailers } = await ask(session, { ':path': '/' })
  t.match(head, { 'set-cookie': ['a=1', 'b=2'], 'x-other': 'o' })
  for (const name of ['connection', 'keep-alive', 'x-private', 'transfer-encoding', 'trailer']) t.notOk(name in head, name)
  t.equal(body, 'part, part')
  t.match(trailers, { 'x-sum': '42' })
})

t.test('HEAD, 204 and pages of the gateway', async t => {
  const { session, gateway } = await serve(t, (request, response) => {
    if (request.method === 'HEAD') response.writeHead(200, { 'Content-Length': 12 }).end()
    else response.writeHead(204).end()
  })
  t.match(await ask(session, { ':method': 'HEAD', ':path': '/' }), { status: 200, body: '', head: { 'content-length': '12' } })
  t.match(await ask(session, { ':path': '/' }), { status: 204, body: '' })
  const refused = await ask(session, { ':path': '/%zz' })
  t.match(refused, { status: 400, body: /<h1>400 Bad Request<\/h1>/ })
  t.notOk('connection' in refused.head)
  t.match(await ask(session, { ':method': 'HEAD', ':path': '/%zz' }), { status: 400, body: '' })
  gateway.replace([])
  t.match(await ask(session, { ':path': '/' }), { status: 404, body: '{"error_msg":"404 Route Not Found"}\n' })
})

t.test('a host beside the authority that says something else is refused', async t => {
  const { session, upstream } = await serve(t)
  t.match(await ask(session, { ':path': '/', ':authority': 'a.test', host: 'b.test' }), { status: 400 })
  t.equal(upstream.requests(), 0)
})

t.test('a client that cancels its request cancels the upstream\'s', async t => {
  const left = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const { session, gateway } = await serve(t, (_, response) => {
    response.on('close', () => left.resolve())
    arrived.resolve()
  })
  const stream: ClientHttp2Stream = session.request({ ':path': '/' })
  stream.on('error', () => {})
  await arrived.promise
  stream.close(constants.NGHTTP2_CANCEL)
  await left.promise
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 499 }])
  t.notOk(session.destroyed, 'the connection goes on')
})

t.test('an answer that breaks off resets the stream, not the connection', async t => {
  const { session, gateway } = await serve(t, (request, response) => {
    if (request.url === '/ok') response.end('ok')
    else response.write('half', () => request.socket.resetAndDestroy())
  })
  const stream = session.request({ ':path': '/' })
  await t.rejects(text(stream))
  t.equal(stream.rstCode, constants.NGHTTP2_INTERNAL_ERROR)
  t.match(await ask(session, { ':path': '/ok' }), { status: 200, body: 'ok' })
  await gateway.over(2)
  t.match(gateway.outcomes, [{ status: 200, source: 'error' }, { status: 200, source: 'upstream' }])
})

t.test('an upload larger than every window arrives whole', async t => {
  const { session } = await serve(t, (request, response) => {
    let bytes = 0
    request.on('data', (part: Buffer) => { bytes += part.length })
    request.on('end', () => response.end(String(bytes)))
  })
  t.match(await ask(session, { ':method': 'POST', ':path': '/' }, 'x'.repeat(3_000_000)), { status: 200, body: '3000000' })
})

t.test('an answer before the body has ended does not wait for it', async t => {
  const { session } = await serve(t, (request, response) => { response.end('early') })
  t.match(await ask(session, { ':method': 'POST', ':path': '/' }, 'x'.repeat(3_000_000)), { status: 200, body: 'early' })
  t.match(await ask(session, { ':path': '/' }), { body: 'early' }, 'and the connection goes on')
})
