import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { createAuthority } from '../support/pki.ts'
import { answering, refusingNode, reset, silence, startUpstream, type UpstreamHandler, type UpstreamOptions } from '../support/upstream.ts'
import { fieldOf, speak } from './http-client.ts'
import { startHttpGateway, type HttpGatewayOptions } from './http-gateway.ts'

/** Answers with the fields, the body and the trailers that came, and with a trailer. */
const tell: UpstreamHandler = (incoming, response) => {
  let body = ''
  incoming.setEncoding('utf8').on('data', (text: string) => { body += text }).on('end', () => {
    response.writeHead(200, { Trailer: 'X-Answer' })
    response.write(JSON.stringify({ rawHeaders: incoming.rawHeaders, body, trailers: incoming.rawTrailers }))
    response.addTrailers({ 'X-Answer': 'whole' })
    response.end()
  })
}

interface Told { readonly method: string, readonly target: string, readonly rawHeaders: readonly string[], readonly body: string, readonly trailers: readonly string[] }

async function serve (t: Test, options: UpstreamOptions = { handler: tell }, upstream: object = {}, gatewayOptions: Partial<HttpGatewayOptions> = {}) {
  const node = await startUpstream(options)
  t.teardown(() => node.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [node.node]: 1 }, ...upstream } as never }], ...gatewayOptions }) // the schema checks it
  t.teardown(() => gateway.close())
  return { node, gateway }
}

const chunked = (announced: string, trailers: string): string =>
  `POST /a?b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Own: 1\r\n${announced}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n there\r\n0\r\n${trailers}\r\n`

const toldBy = (text: string): Told => JSON.parse(/\{.*\}/.exec(text)?.[0] ?? '{}') as Told

t.test('trailers that a client announces go on to the upstream, with all else as it is', async t => {
  const { gateway } = await serve(t)
  const text = await speak(gateway.port, chunked('Trailer: X-Sum, X-More\r\n', 'X-Sum: 1\r\nX-More: 2\r\n'))
  const told = toldBy(text)
  t.strictSame(told.trailers, ['x-sum', '1', 'x-more', '2'])
  t.equal(told.body, 'hello there')
  t.equal(fieldOf(told, 'trailer'), 'X-Sum, X-More')
  t.equal(fieldOf(told, 'x-own'), '1')
  t.equal(fieldOf(told, 'x-real-ip'), '127.0.0.1')
  t.equal(fieldOf(told, 'transfer-encoding'), 'chunked')
  t.match(text, /\r\n0\r\nx-answer: whole\r\n\r\n$/i, 'those of the answer come back')
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 200, source: 'upstream', requestBytes: 11 }])
})

t.test('trailers that nobody announced end here, and so do those that have to be known before the body', async t => {
  const { gateway } = await serve(t)
  t.strictSame(toldBy(await speak(gateway.port, chunked('', 'X-Sum: 1\r\n'))).trailers, [])
  const judged = ['Host: evil', 'Authorization: x', 'Cookie: x', 'X-Real-IP: 192.0.2.1', 'X-Forwarded-For: 192.0.2.1', 'X-Consumer-Username: root', 'Connection: x', 'If-Match: x', 'Accept-Language: x']
  const { trailers } = toldBy(await speak(gateway.port, chunked('Trailer: X-Sum\r\n', [...judged, 'X-Sum: 1'].map(line => `${line}\r\n`).join(''))))
  t.strictSame(trailers, ['x-sum', '1'])
  for (const framing of ['Content-Length: 3', 'Transfer-Encoding: gzip']) t.match(await speak(gateway.port, chunked('Trailer: X-Sum\r\n', `${framing}\r\n`)), /^HTTP\/1\.1 400 /, framing)
})

t.test('a field that only the gateway may send is none in trailers either', async t => {
  const plugin = { name: 'reserving', version: 1, priority: 1, schema: {} as never, reservedFields: () => ['client-cert'], create: () => ({}) } // the catalog of tests looks at no schema
  const { gateway } = await serve(t, { handler: tell }, {}, { plugins: [plugin] })
  t.strictSame(toldBy(await speak(gateway.port, chunked('Trailer: Client-Cert\r\n', 'Client-Cert: x\r\nClient_Cert: x\r\nX-Sum: 1\r\n'))).trailers, ['x-sum', '1'])
})

t.test('over TLS too', async t => {
  const { chainPem, keyPem } = createAuthority().issue({ sans: ['a.test'], subject: 'a.test' })
  const { gateway } = await serve(t, { handler: tell, tls: { cert: chainPem, key: keyPem } }, { scheme: 'https' })
  t.strictSame(toldBy(await speak(gateway.port, chunked('Trailer: X-Sum\r\n', 'X-Sum: 1\r\n'))).trailers, ['x-sum', '1'])
})

t.test('an HTTP/2 client\'s go on as well', async t => {
  const { gateway } = await serve(t, { handler: tell }, {}, { protocol: 'http2' })
  const session = connectHttp2(gateway.url)
  t.teardown(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': '/', trailer: 'x-sum' }, { waitForTrailers: true }).setEncoding('utf8')
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }))
  stream.end('hello')
  let text = ''
  stream.on('data', (part: string) => { text += part })
  await once(stream, 'end')
  t.match(toldBy(text), { body: 'hello', trailers: ['x-sum', '1'] })
})

t.test('a gRPC node gets them, announced or not', async t => {
  const server = createHttp2Server()
  server.on('stream', (stream: ServerHttp2Stream) => {
    let trailers: IncomingHttpHeaders = {}
    stream.on('trailers', fields => { trailers = fields }).on('error', () => {}).resume().on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
      stream.end(JSON.stringify(trailers))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const gateway = await startHttpGateway({ protocol: 'http2', routes: [{ uri: '/*', upstream: { scheme: 'grpc', nodes: { [`127.0.0.1:${(server.address() as AddressInfo).port}`]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  const session = connectHttp2(gateway.url)
  t.teardown(() => session.destroy())
  for (const [sent, wanted] of [[{ 'x-sum': '1', authorization: 'x' }, '{"x-sum":"1"}'], [undefined, '{}']] as const) {
    const stream = session.request({ ':method': 'POST', ':path': '/', 'content-type': 'application/grpc', te: 'trailers' }, { waitForTrailers: sent !== undefined }).setEncoding('utf8')
    stream.on('wantTrailers', () => { if (sent !== undefined) stream.sendTrailers(sent) })
    stream.end('hello')
    let text = ''
    stream.on('data', (part: string) => { text += part })
    await once(stream, 'end')
    t.match(text, wanted)
  }
})

t.test('what goes wrong with such a request is what goes wrong with any', async t => {
  const good = await startUpstream({ handler: tell })
  t.teardown(() => good.close())
  const ask = async (port: number): Promise<string> => await speak(port, chunked('Trailer: X-Sum\r\n', 'X-Sum: 1\r\n'))
  const { gateway } = await serve(t, {}, { nodes: { [await refusingNode()]: 1, [good.node]: 1 } })
  for (let time = 0; time < 2; time++) t.match(toldBy(await ask(gateway.port)), { body: 'hello there', trailers: ['x-sum', '1'] }, 'a node that is down costs nothing of the body')

  for (const [what, handler, status] of [['a node that cuts the connection', reset, 502], ['one that says nothing', silence, 504], ['one that speaks no HTTP', incoming => { incoming.socket.end('HTP/1.1 200 OK\r\n\r\n') }, 502], ['one that answers early', answering(403), 403]] as ReadonlyArray<readonly [string, UpstreamHandler, number]>) {
    const { gateway } = await serve(t, { handler }, { timeout: { connect: 1, send: 1, read: 0.1 } })
    t.match(await ask(gateway.port), new RegExp(`^HTTP/1\\.1 ${status} `), what)
    await gateway.over(1)
  }

  const half = await serve(t, { handler: (incoming, response) => { response.writeHead(200, { 'Content-Length': 100 }).write('half', () => incoming.socket.resetAndDestroy()) } })
  t.match(await ask(half.gateway.port), /\r\n\r\nhalf$/, 'an answer that breaks off')
  await half.gateway.over(1)
  t.match(half.gateway.outcomes, [{ status: 200, source: 'error' }])
})

t.test('a client that leaves takes such a request with it, and one that reads slowly slows it down', async t => {
  const arrived = Promise.withResolvers<IncomingMessage>()
  let written = 0
  const part = Buffer.alloc(65_536)
  const { gateway } = await serve(t, {
    handler (incoming, response) {
      if (incoming.url === '/left') {
        incoming.resume().on('error', () => {})
        arrived.resolve(incoming)
      } else {
        Readable.from((function * () {
          for (let at = 0; at < 1000; at++) {
            written += part.length
            yield part
          }
        })()).pipe(response)
      }
    }
  })
  const outgoing = request({ port: gateway.port, host: '127.0.0.1', method: 'POST', path: '/left', agent: false, headers: { Trailer: 'X-Sum', 'Transfer-Encoding': 'chunked' } })
  outgoing.on('error', () => {}).write('some')
  const incoming = await arrived.promise
  const left = new Promise(resolve => incoming.on('close', resolve))
  outgoing.destroy()
  await left
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 499 }])

  const slow = request({ port: gateway.port, host: '127.0.0.1', method: 'POST', path: '/slow', agent: false, headers: { Trailer: 'X-Sum', 'Transfer-Encoding': 'chunked' } })
  slow.end('some')
  const [answer] = await once(slow, 'response') as [IncomingMessage]
  let before = -1
  while (before !== written) {
    before = written
    await new Promise(resolve => { setTimeout(resolve, 100) })
  }
  t.ok(written < 40_000_000, `${written} octets were taken from the upstream`)
  let bytes = 0
  for await (const chunk of answer) bytes += (chunk as Buffer).length
  t.equal(bytes, 1000 * part.length)
})
