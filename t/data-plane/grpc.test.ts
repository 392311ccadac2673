import { once } from 'node:events'
import { constants, createServer as createHttp2Server, type ServerHttp2Session, type ServerHttp2Stream, type ServerOptions } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Metadata, status, type ServerDuplexStream, type ServerReadableStream, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, type ServiceError } from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import { grpcFields, readGrpcHead } from '../../packages/data-plane/src/proxy/grpc-fields.ts'
import { grpcClient, startGrpcServer } from '../support/grpc.ts'
import { until } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { refusingNode } from '../support/upstream.ts'
import { ask } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

/** An HTTP/2 server with nothing of gRPC but what a test writes. */
async function startPlainServer (t: Test, onStream: (stream: ServerHttp2Stream) => void, options: ServerOptions = {}) {
  const sessions: ServerHttp2Session[] = []
  const server = createHttp2Server(options)
  server.on('session', session => sessions.push(session))
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    stream.resume()
    onStream(stream)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { node: `127.0.0.1:${(server.address() as AddressInfo).port}`, sessions } // a TCP server's
}

function answerOk (stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.from([0, 0, 0, 0, 0]))
}

type Unary = (call: ServerUnaryCall<string, string>, done: sendUnaryData<string>) => void

const echo = {
  Unary: ((call, done) => {
    const trailers = new Metadata()
    trailers.set('x-trailer', 'of the server')
    call.sendMetadata(new Metadata())
    done(null, `${call.request} for ${call.metadata.get('x-real-ip').join()} at ${call.getHost()}`, trailers)
  }) satisfies Unary,
  ServerStream (call: ServerWritableStream<string, string>) {
    for (let count = 0; count < Number(call.request); count++) call.write(`message ${count}`)
    call.end()
  },
  ClientStream (call: ServerReadableStream<string, string>, done: sendUnaryData<string>) {
    const all: string[] = []
    call.on('data', (message: string) => all.push(message))
    call.on('end', () => done(null, all.join(' ')))
  },
  Both (call: ServerDuplexStream<string, string>) {
    call.on('data', (message: string) => call.write(message.toUpperCase()))
    call.on('end', () => call.end())
  }
}

async function gatewayTo (t: Test, nodes: readonly string[], upstream: object = {}, commons: object = {}) {
  const gateway = await startHttpGateway({
    protocol: 'http2',
    routes: [{ uri: '/*', upstream: { scheme: 'grpc', nodes: Object.fromEntries(nodes.map(node => [node, 1])), ...upstream } as never }], // the schema fills in the rest
    upstreams: commons
  })
  t.teardown(() => gateway.close())
  return { gateway, client: grpcClient(t, `127.0.0.1:${gateway.port}`) }
}

async function serve (t: Test, implementation: object = {}, upstream: object = {}) {
  const server = await startGrpcServer(t, { ...echo, ...implementation })
  return { server, ...await gatewayTo(t, [server.node], upstream) }
}

async function unary (client: ReturnType<typeof grpcClient>, message: string, options: object = {}): Promise<{ answer: string | undefined, err: ServiceError | undefined, trailers: Metadata }> {
  return await new Promise(resolve => {
    let trailers = new Metadata()
    let result: { answer: string | undefined, err: ServiceError | undefined } | undefined
    const call = client.Unary(message, new Metadata(), options, (err, answer) => { result = { answer, err: (err ?? undefined) as ServiceError | undefined } })
    call.on('status', ({ metadata }) => {
      trailers = metadata
      queueMicrotask(() => resolve({ ...(result ?? { answer: undefined, err: undefined }), trailers }))
    })
  })
}

t.test('a unary call: message, metadata, trailers, who asks and for which host', async t => {
  const { client, gateway } = await serve(t)
  const { answer, err, trailers } = await unary(client, 'hello')
  t.equal(err, undefined)
  t.equal(answer, `hello for 127.0.0.1 at 127.0.0.1:${gateway.port}`)
  t.same(trailers.get('x-trailer'), ['of the server'])
})

t.test('messages of the server stream, every one of them, as fast as they are read', async t => {
  const { client } = await serve(t)
  const call = client.ServerStream('500')
  const received: string[] = []
  for await (const message of call) received.push(message as string)
  t.same([received.length, received[0], received.at(-1)], [500, 'message 0', 'message 499'])
})

t.test('messages of the client stream', async t => {
  const { client } = await serve(t)
  const answer = await new Promise<string | undefined>((resolve, reject) => {
    const call = client.ClientStream((err, text) => { if (err === null) resolve(text); else reject(err) })
    for (const message of ['a', 'b', 'c']) call.write(message)
    call.end()
  })
  t.equal(answer, 'a b c')
})

t.test('both stream at once: each message is answered before the next is sent', async t => {
  const { client } = await serve(t)
  const call = client.Both()
  for (const message of ['one', 'two', 'three']) {
    call.write(message)
    t.same(await once(call, 'data'), [message.toUpperCase()])
  }
  call.end()
  const [{ code }] = await once(call, 'status') as [{ code: number }]
  t.equal(code, status.OK)
})

t.test('a large message goes through both ways', async t => {
  const { client } = await serve(t, { Unary: ((call, done) => done(null, call.request)) satisfies Unary })
  const message = 'x'.repeat(3_000_000)
  t.equal((await unary(client, message)).answer, message)
})

t.test('a status that the server sends without a message comes back as it is', async t => {
  const { client } = await serve(t, {
    Unary: ((_call, done) => {
      const metadata = new Metadata()
      metadata.set('x-why', 'because')
      done({ code: status.NOT_FOUND, details: 'no such thing: ä', metadata })
    }) satisfies Unary
  })
  const { err } = await unary(client, 'x')
  t.match(err, { code: status.NOT_FOUND, details: 'no such thing: ä' })
  t.same(err?.metadata.get('x-why'), ['because'])
})

t.test('a status after some messages', async t => {
  const { client } = await serve(t, {
    ServerStream (call: ServerWritableStream<string, string>) {
      call.write('first')
      call.emit('error', { code: status.DATA_LOSS, details: 'no more' })
    }
  })
  const call = client.ServerStream('1')
  const received: unknown[] = []
  call.on('data', message => received.push(message))
  const [err] = await once(call, 'error') as [ServiceError]
  t.match(err, { code: status.DATA_LOSS, details: 'no more' })
  t.same(received, ['first'])
})

t.test('a method that is not there is UNIMPLEMENTED', async t => {
  const { client } = await serve(t)
  const err = await new Promise<ServiceError | null>(resolve => {
    client.makeUnaryRequest('/test.Echo/Missing', (text: string) => Buffer.from(text), octets => octets.toString(), 'x', resolve)
  })
  t.equal(err?.code, status.UNIMPLEMENTED)
})

t.test('a client that cancels takes the call to the server with it', async t => {
  let cancelled = false
  let started = false
  const { client, gateway } = await serve(t, {
    Both (call: ServerDuplexStream<string, string>) {
      started = true
      call.on('cancelled', () => { cancelled = true })
      call.write('hello')
    }
  })
  const call = client.Both()
  call.on('error', () => {})
  await once(call, 'data')
  t.ok(started)
  call.cancel()
  await until(() => cancelled)
  await gateway.over(1)
  t.equal(gateway.outcomes[0]?.status, 499)
})

t.test('a deadline ends the call at both ends', async t => {
  let cancelled = false
  let deadline = 0
  const { client } = await serve(t, {
    Unary: (call => {
      deadline = Number(call.getDeadline()) - Date.now()
      call.on('cancelled', () => { cancelled = true })
    }) satisfies Unary
  })
  const { err } = await unary(client, 'x', { deadline: Date.now() + 400 })
  t.equal(err?.code, status.DEADLINE_EXCEEDED)
  t.ok(deadline > 0 && deadline <= 400, `the server knows it: ${deadline} ms`)
  await until(() => cancelled)
})

t.test('a reset by the server is a reset for the client, with the same code', async t => {
  const node = await startPlainServer(t, stream => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true }) // else node ends it properly before it resets it
    stream.write(Buffer.from([0, 0, 0, 0, 1, 0x61]), () => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM))
  })
  const { client } = await gatewayTo(t, [node.node])
  const call = client.ServerStream('1')
  call.on('data', () => {})
  const [err] = await once(call, 'error') as [ServiceError]
  t.equal(err.code, status.RESOURCE_EXHAUSTED)
})

t.test('a server that says nothing for too long is a 504', async t => {
  const { client, gateway } = await serve(t, { Unary: (() => {}) satisfies Unary }, { timeout: { connect: 1, send: 1, read: 0.2 } })
  const { err } = await unary(client, 'x')
  t.equal(err?.code, status.UNAVAILABLE)
  await gateway.over(1)
  t.equal(gateway.outcomes[0]?.status, 504)
})

t.test('a node that refuses is passed over; when all do the call is UNAVAILABLE', async t => {
  const server = await startGrpcServer(t, echo)
  const { client } = await gatewayTo(t, [await refusingNode(), server.node])
  for (let times = 0; times < 2; times++) t.equal((await unary(client, 'x')).err, undefined)
  const none = await gatewayTo(t, [await refusingNode(), await refusingNode()])
  t.equal((await unary(none.client, 'x')).err?.code, status.UNAVAILABLE)
  await none.gateway.over(1)
  t.match(none.gateway.outcomes, [{ status: 502 }])
})

t.test('calls share a connection, up to what the node takes and for as long as `requests` says; one that ended is not used', async t => {
  const node = await startPlainServer(t, stream => setTimeout(() => answerOk(stream), 20), { settings: { maxConcurrentStreams: 4 } })
  const { client } = await gatewayTo(t, [node.node], { keepalive_pool: { size: 1, idle_timeout: 60, requests: 25 } })
  const call = async () => { t.equal((await unary(client, 'x')).err, undefined) }
  await call() // its settings are known from here on
  t.equal(node.sessions.length, 1)
  await Promise.all([call(), call(), call(), call()])
  t.equal(node.sessions.length, 1)
  await Promise.all(Array.from({ length: 6 }, call))
  t.equal(node.sessions.length, 2)
  for (const session of node.sessions) session.close()
  await until(() => node.sessions.every(session => session.destroyed))
  await call()
  t.equal(node.sessions.length, 3)
  for (let more = 0; more < 25; more++) await call()
  t.equal(node.sessions.length, 4)
})

t.test('a connection without calls is closed after idle_timeout', async t => {
  const node = await startPlainServer(t, answerOk)
  const { client } = await gatewayTo(t, [node.node], { keepalive_pool: { size: 1, idle_timeout: 0.1, requests: 100 } })
  await unary(client, 'x')
  await until(() => node.sessions[0]?.closed === true)
  t.equal((await unary(client, 'x')).err, undefined)
  t.equal(node.sessions.length, 2)
})

t.test('grpcs: the certificate is verified, the staple judged, the client certificate shown', async t => {
  const authority = createAuthority()
  const server = authority.issue({ subject: 'grpc.test', sans: ['grpc.test'] })
  const client = authority.issue({ subject: 'gateway.test' })
  const node = await startGrpcServer(t, echo, { certPem: server.chainPem, keyPem: server.keyPem, clientCaPem: authority.certPem })
  const tls = { client_cert: client.certPem, client_key: client.keyPem, verify: true, ca: authority.certPem }
  const common = { scheme: 'grpcs', pass_host: 'rewrite', upstream_host: 'grpc.test' }
  const codeWith = async (given: object) => (await unary((await gatewayTo(t, [node.node], { ...common, ...given })).client, 'x')).err?.code
  t.equal(await codeWith({ tls }), undefined)
  t.equal(await codeWith({ tls, upstream_host: 'other.test' }), status.UNAVAILABLE)
  t.equal(await codeWith({ tls: { ...tls, ca: createAuthority().certPem } }), status.UNAVAILABLE)
  const passing = await gatewayTo(t, [node.node], { scheme: 'grpcs', tls, pass_host: 'pass' })
  for (const host of ['grpc.test', '[::1]:1', 'a_b.test', 'x'.repeat(300)]) {
    const { err } = await unary(grpcClient(t, `127.0.0.1:${passing.gateway.port}`, undefined, { 'grpc.default_authority': host }), 'x')
    t.equal(err?.code, host === 'grpc.test' ? undefined : status.UNAVAILABLE, `whatever a client calls it: ${host}`)
  }
  t.equal(await codeWith({ tls: { ...tls, ocsp: 'if_present' } }), undefined, 'this server staples nothing')
  t.equal(await codeWith({ tls: { ...tls, ocsp: 'required' } }), status.UNAVAILABLE)
})

t.test('a client without HTTP/2 gets what its protocol can carry', async t => {
  const server = await startGrpcServer(t, echo)
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { scheme: 'grpc', nodes: { [server.node]: 1 } } as never }] }) // the schema fills in the rest
  t.teardown(() => gateway.close())
  const message = Buffer.from([0, 0, 0, 0, 2, 0x68, 0x69])
  const answer = await ask(gateway.port, { method: 'POST', path: '/test.Echo/Unary', headers: { 'Content-Type': 'application/grpc', 'Content-Length': message.length }, body: message.toString('latin1') })
  t.match(answer, { status: 200, headers: { 'content-type': 'application/grpc+proto' }, trailers: { 'grpc-status': '0' } })
})

t.test('the head of a gRPC request', async t => {
  const request = (fields: string[]) => grpcFields({ method: 'POST', target: '/a.B/c', fields }, true)
  t.same(request(['Host', 'a.test:1', 'X-Real-IP', '10.0.0.1', 'Content-Length', '5', 'Content-Type', 'application/grpc+proto']),
    [':method', 'POST', ':scheme', 'https', ':authority', 'a.test:1', ':path', '/a.B/c', 'x-real-ip', '10.0.0.1', 'content-type', 'application/grpc+proto', 'te', 'trailers'])
  for (const [given, sent] of [['application/grpc', 'application/grpc'], ['application/grpc;a=b', 'application/grpc;a=b'], ['application/grpc-web', 'application/grpc'], ['text/plain', 'application/grpc']] as const) {
    t.equal(request(['Content-Type', given]).at(-3), sent, given)
  }
})

t.test('the head of an answer that is nothing but a head becomes head and trailers', async t => {
  const raw = [':status', '200', 'content-type', 'application/grpc', 'content-length', '0', 'grpc-status', '5', 'x-why', 'because']
  t.same(readGrpcHead(raw, true), { status: 200, fields: ['content-type', 'application/grpc'], trailers: ['grpc-status', '5', 'x-why', 'because'] })
  t.same(readGrpcHead(raw, false), { status: 200, fields: ['content-type', 'application/grpc', 'grpc-status', '5', 'x-why', 'because'], trailers: [] })
})
