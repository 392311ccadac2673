import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { Plugin } from '@clinch/plugins'
import type { ProxySettings } from '../../packages/data-plane/src/proxy/settings.ts'
import { until } from '../support/gateway.ts'
import { frame, frameFlags, frameTypes, headerBlock, RawHttp2 } from '../support/raw-http2.ts'
import { echo, startUpstream, type UpstreamHandler } from '../support/upstream.ts'
import { readToEnd, readUntil } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

const refusing: Plugin = {
  name: 'refusing',
  version: 1,
  priority: 1,
  schema: {} as never, // the catalog of tests looks at none
  create: () => ({ access: () => ({ kind: 'respond', response: { status: 401, body: 'no' } }) })
}

const limits = { maxBytes: 1_000_000, maxMs: 10_000, maxSilenceMs: 5000 }

async function serve (t: Test, settings: Partial<ProxySettings> = {}, { handler, protocol }: { handler?: UpstreamHandler, protocol?: 'http2' } = {}) {
  const upstream = await startUpstream(handler === undefined ? {} : { handler })
  t.teardown(() => upstream.close())
  const node = { nodes: { [upstream.node]: 1 } } as never // the schema checks it
  const gateway = await startHttpGateway({
    plugins: [refusing],
    routes: [{ uri: '/*', upstream: node }, { uri: '/refused', plugins: { refusing: {} }, upstream: node }],
    settings: { lingering: limits, ...settings },
    ...(protocol === undefined ? {} : { protocol })
  })
  t.teardown(() => gateway.close())
  const open = (text: string): Socket => {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true })
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    socket.write(text)
    return socket
  }
  return { gateway, upstream, open }
}

const post = (path: string, length: number, fields = ''): string => `POST ${path} HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: ${length}\r\n\r\n`

/** Writes without end, as fast as it is taken. @returns how much was */
function flood (socket: Socket): () => number {
  let written = 0
  const chunk = Buffer.alloc(65_536, 'x')
  const write = (): void => {
    while (socket.writable) {
      written += chunk.length
      if (!socket.write(chunk)) return
    }
  }
  socket.on('drain', write)
  write()
  return () => written
}

t.test('a body that nobody wants is read to its end, and its connection goes on', async t => {
  const { open, upstream } = await serve(t)
  const socket = open(post('/refused', 900_000))
  t.match(await readUntil(socket, '\r\n\r\nno'), /^HTTP\/1\.1 401 /, 'the answer does not wait for it')
  socket.write('x'.repeat(900_000))
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(await readUntil(socket, '"body":""}'), /^HTTP\/1\.1 200 /)
  t.equal(upstream.requests(), 1)
})

t.test('the answer that ends its connection reaches a client that goes on sending', async t => {
  const { gateway } = await serve(t, { clientMaxBodyBytes: 10, lingering: { ...limits, maxBytes: 64_000_000 } })
  for (const path of ['/', '/refused']) { // a 413 says that it is the last one, a client can as well
    const outgoing = request({ host: '127.0.0.1', port: gateway.port, method: 'POST', path, agent: false, headers: { Connection: 'close', 'Content-Length': 20_000_000 } })
    outgoing.on('error', () => {})
    outgoing.end(Buffer.alloc(20_000_000))
    const [{ statusCode }] = await once(outgoing, 'response') as [{ statusCode: number }]
    t.equal(statusCode, path === '/' ? 413 : 401)
    outgoing.destroy()
  }
})

for (const [what, fields] of [['a connection that could go on', ''], ['one that ends with the answer', 'Connection: close\r\n']] as const) {
  t.test(`${what} ends with what is beyond the limit of octets`, async t => {
    const { open } = await serve(t)
    const socket = open(post('/refused', 2 ** 40, fields))
    const answer = readToEnd(socket)
    const written = flood(socket)
    t.match(await answer, /^HTTP\/1\.1 401 /)
    t.ok(written() < 100_000_000, `${written()} octets were taken, those in the buffers of the machine among them`)
  })

  t.test(`${what} ends when the client falls silent, or takes too long`, async t => {
    for (const lingering of [{ ...limits, maxSilenceMs: 60 }, { ...limits, maxMs: 150 }]) {
      const { open } = await serve(t, { lingering })
      const socket = open(post('/refused', 1000, fields))
      const answer = readToEnd(socket)
      const dripping = lingering.maxMs === 150 ? setInterval(() => socket.write('x'), 20) : undefined
      t.match(await answer, /^HTTP\/1\.1 401 [^]*no$/)
      clearInterval(dripping)
    }
  })
}

t.test('what an upstream answers early is passed on, and the rest of the body has the same limits', async t => {
  const { open, gateway } = await serve(t, {}, { handler: (_request, response) => { response.writeHead(403).end('no') } })
  const socket = open(post('/', 2 ** 40))
  const answer = readToEnd(socket)
  flood(socket)
  t.match(await answer, /^HTTP\/1\.1 403 /)
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 403, source: 'upstream' }])
})

t.test('an HTTP/2 client is told to stop, with the answer before it, and its connection goes on', async t => {
  const { gateway } = await serve(t, { clientMaxBodyBytes: 10, clientBodyTimeoutMs: 50 }, { protocol: 'http2', handler: (incoming, response) => { if (incoming.url === '/early') response.end('early'); else echo(incoming, response) } })
  const client = await RawHttp2.open(gateway.port)
  t.teardown(() => client.destroy())
  let stream = 1
  for (const [path, sent, wanted] of [['/refused', '', 'no'], ['/refused', 'some', 'no'], ['/', 'more than ten', '413'], ['/', 'some', '408'], ['/early', 'some', 'early']] as const) {
    client.send(frame(frameTypes.headers, frameFlags.endHeaders, stream, headerBlock([':method', 'POST', ':scheme', 'http', ':path', path, ':authority', 'a'])))
    if (sent !== '') client.send(frame(frameTypes.data, 0, stream, Buffer.from(sent)))
    const reset = await client.next(({ type }) => type === frameTypes.reset)
    const answer = client.frames.filter(one => one.stream === stream)
    t.equal(reset?.payload.readUInt32BE(0), 0, `${path}: the reset is no error`)
    t.equal(answer.at(-1), reset)
    t.ok((answer.at(-2)?.flags ?? 0) & frameFlags.endStream, 'the answer was whole before')
    t.match(Buffer.concat(answer.filter(({ type }) => type === frameTypes.data).map(({ payload }) => payload)).toString(), wanted)
    stream += 2
  }
  client.send(frame(frameTypes.headers, frameFlags.endHeaders, stream, headerBlock([':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'a'])), frame(frameTypes.data, frameFlags.endStream, stream, Buffer.from('whole')))
  t.match((await client.next(one => one.type === frameTypes.data && one.payload.length > 0))?.payload.toString(), '"body":"whole"')
  t.notOk(client.frames.some(one => one.stream === stream && one.type === frameTypes.reset), 'a body that came to its end needs no reset')
})

t.test('a body that is none is the client\'s fault: 400, also in the log, and the upstream\'s request is given up', async t => {
  let left = 0
  const { open, gateway, upstream } = await serve(t, {}, { handler: (incoming, response) => { incoming.resume().on('error', () => {}).on('close', () => { left++ }); response.on('error', () => {}) } })
  const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'
  for (const broken of ['zz\r\n', '5\r\nhelloworld\r\n', '5;\x01\r\n']) {
    const before = upstream.requests()
    const socket = open(chunked)
    await until(() => upstream.requests() > before)
    socket.write(broken, 'latin1')
    t.match(await readToEnd(socket), /^HTTP\/1\.1 400 Bad Request\r\n/, broken)
  }
  await gateway.over(3)
  t.same(gateway.outcomes.map(({ status }) => status), [400, 400, 400])
  await until(() => left === 3)
})

t.test('a client that goes away in the middle of its body has left: 499', async t => {
  const { open, gateway, upstream } = await serve(t, {}, { handler: (incoming, response) => { incoming.resume().on('error', () => {}); response.on('error', () => {}) } })
  for (const leave of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
    const before = upstream.requests()
    const socket = open(`${post('/', 100)}hello`)
    await until(() => upstream.requests() > before)
    const said = readToEnd(socket)
    leave(socket)
    t.equal(await said, '')
  }
  await gateway.over(2)
  t.same(gateway.outcomes.map(({ status }) => status), [499, 499])
})

t.test('the same two of HTTP/2', async t => {
  const { gateway, upstream } = await serve(t, {}, { protocol: 'http2', handler: (incoming, response) => { incoming.resume().on('error', () => {}); response.on('error', () => {}) } })
  const client = await RawHttp2.open(gateway.port)
  t.teardown(() => client.destroy())
  const start = async (stream: number) => {
    const before = upstream.requests()
    client.send(frame(frameTypes.headers, frameFlags.endHeaders, stream, headerBlock([':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'a', 'content-length', '9'])))
    client.send(frame(frameTypes.data, 0, stream, Buffer.from('hello')))
    await until(() => upstream.requests() > before)
  }
  await start(1)
  client.send(frame(frameTypes.data, frameFlags.endStream, 1, Buffer.from('too short'.slice(1, 3))))
  t.equal((await client.next(({ type }) => type === frameTypes.reset))?.payload.readUInt32BE(0), 1)
  await start(3)
  client.send(frame(frameTypes.reset, 0, 3, Buffer.from([0, 0, 0, 8])))
  await gateway.over(2)
  t.same(gateway.outcomes.map(({ status }) => status), [400, 499])
})
