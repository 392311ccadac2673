import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { startUpstream, type UpstreamHandler } from '../support/upstream.ts'
import { ask, readToEnd, readUntil } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

const chunk = Buffer.alloc(64 * 1024, 'x')

async function serve (t: Test, handler: UpstreamHandler, settings = {}, timeout?: object) {
  const upstream = await startUpstream({ handler })
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 }, timeout } as never }], settings }) // the schema checks it
  t.teardown(() => gateway.close())
  return gateway
}

function * chunks (count: number): Generator<Buffer> {
  for (let at = 0; at < count; at++) yield chunk
}

async function countBytes (stream: Readable): Promise<number> {
  let bytes = 0
  for await (const part of stream) bytes += (part as Buffer).length
  return bytes
}

t.test('a long body streams up and back down', async t => {
  const gateway = await serve(t, (incoming, response) => { incoming.pipe(response) })
  const outgoing = request({ port: gateway.port, host: '127.0.0.1', method: 'POST', agent: false })
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
  const sent = pipeline(Readable.from(chunks(1600)), outgoing)
  const [incoming] = await answered
  t.equal(await countBytes(incoming), 1600 * chunk.length)
  await sent
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 200, requestBytes: 1600 * chunk.length, responseBytes: 1600 * chunk.length }])
})

t.test('a client that reads slowly slows the upstream down, not the gateway\'s memory up', async t => {
  const total = 3200 // 200 MiB
  let written = 0
  const gateway = await serve(t, (_, response) => {
    const source = Readable.from((function * () {
      for (const part of chunks(total)) {
        written += part.length
        yield part
      }
    })())
    source.pipe(response)
  })
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await readUntil(socket, '\r\n\r\n')
  socket.pause()
  let before = -1
  while (before !== written) { // until nothing moves any more, the client's buffers and all between being full
    before = written
    await new Promise(resolve => { setTimeout(resolve, 100) })
  }
  t.ok(written < 40 * 1024 * 1024, `${written} bytes were taken from the upstream`)
  socket.resume()
  await once(socket, 'close')
  t.equal(written, total * chunk.length, 'and all of it once the client reads')
})

t.test('an upstream that reads slowly slows the client down', async t => {
  const arrived = Promise.withResolvers<IncomingMessage>()
  const gateway = await serve(t, (incoming, response) => {
    incoming.on('end', () => response.end('done'))
    arrived.resolve(incoming)
  })
  let written = 0
  const outgoing = request({ port: gateway.port, host: '127.0.0.1', method: 'POST', agent: false })
  const answered = once(outgoing, 'response')
  const sent = pipeline(Readable.from((function * () {
    for (const part of chunks(3200)) {
      written += part.length
      yield part
    }
  })()), outgoing)
  const incoming = await arrived.promise
  let before = -1
  while (before !== written) {
    before = written
    await new Promise(resolve => { setTimeout(resolve, 100) })
  }
  t.ok(written < 40 * 1024 * 1024, `${written} bytes were taken from the client`)
  incoming.resume()
  await sent
  await answered
  t.equal(written, 3200 * chunk.length)
})

t.test('each chunk of an answer goes out when it comes', async t => {
  const next = Promise.withResolvers<void>()
  const gateway = await serve(t, async (_, response) => {
    response.write('first')
    await next.promise
    response.end('second')
  })
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.notMatch(await readUntil(socket, 'first'), 'second')
  next.resolve()
  t.match(await readUntil(socket, '0\r\n\r\n'), 'second')
})

t.test('each chunk of a request goes on when it comes', async t => {
  const first = Promise.withResolvers<string>()
  const gateway = await serve(t, (incoming, response) => {
    incoming.once('data', (part: Buffer) => first.resolve(part.toString()))
    incoming.on('end', () => response.end())
  })
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n')
  t.equal(await first.promise, 'first')
  socket.write('0\r\n\r\n')
  t.match(await readUntil(socket, '\r\n\r\n'), /^HTTP\/1\.1 200 /)
})

t.test('a client that takes nothing for too long is let go', async t => {
  const gateway = await serve(t, (_, response) => { Readable.from(chunks(3200)).pipe(response) }, { clientSendTimeoutMs: 50 })
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 499 }])
})

t.test('a client that sends a little at a time is no upstream that is late, and others do not notice', async t => {
  const gateway = await serve(t, (incoming, response) => {
    let bytes = 0
    incoming.on('data', (part: Buffer) => { bytes += part.length }).on('end', () => response.end(String(bytes)))
  }, {}, { connect: 1, send: 0.15, read: 0.15 })
  const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true })
  t.teardown(() => socket.destroy())
  const parts = 20
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${parts * 1024}\r\n\r\n`)
  const answer = readToEnd(socket)
  for (let sent = 0; sent < parts; sent++) {
    socket.write(Buffer.alloc(1024))
    t.match(await ask(gateway.port, { method: 'POST', body: 'other' }), { status: 200, body: '5' })
    await new Promise(resolve => { setTimeout(resolve, 25) })
  }
  t.match(await answer, new RegExp(`^HTTP/1\\.1 200 [^]*${parts * 1024}$`))
})

t.test('nor is one that reads a little at a time', async t => {
  const total = 400
  const gateway = await serve(t, (incoming, response) => {
    if (incoming.url === '/other') response.end('other')
    else Readable.from(chunks(total)).pipe(response)
  }, {}, { connect: 1, send: 0.1, read: 0.1 })
  const outgoing = request({ port: gateway.port, host: '127.0.0.1', agent: false })
  outgoing.end()
  const [incoming] = await once(outgoing, 'response') as [IncomingMessage]
  for (let pause = 0; pause < 4; pause++) { // each longer than the upstream may say nothing
    incoming.pause()
    await new Promise(resolve => { setTimeout(resolve, 200) })
    t.match(await ask(gateway.port, { path: '/other' }), { status: 200, body: 'other' })
    incoming.resume()
    await once(incoming, 'data')
  }
  t.ok(await countBytes(incoming) > 0)
  await gateway.over(5)
  t.match(gateway.outcomes.at(-1), { status: 200, source: 'upstream', responseBytes: total * chunk.length })
})
