import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { Route } from '@clinch/schema'
import { echo, refusingNode, startUpstream, type UpstreamOptions } from '../support/upstream.ts'
import { readToEnd, readUntil } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

const handshake = 'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a2V5\r\nSec-WebSocket-Version: 13\r\n\r\n'

async function serve (t: Test, options: UpstreamOptions = {}, route: Partial<Route> = {}, upstream: object = {}) {
  const node = await startUpstream(options)
  t.teardown(() => node.close())
  const gateway = await startHttpGateway({
    routes: [{ uri: '/*', enable_websocket: true, ...route, upstream: { nodes: { [node.node]: 1 }, ...upstream } as never }] // the schema checks it
  })
  t.teardown(() => gateway.close())
  return { node, gateway }
}

function open (t: Test, port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  return socket
}

/** Resolves when the other side of a connection has ended it, in whichever way. */
async function ended (socket: Duplex): Promise<void> {
  if (socket.destroyed || socket.readableEnded) return
  await new Promise<void>(resolve => { socket.resume().on('end', resolve).on('close', resolve) })
}

t.test('a connection that both sides upgrade carries bytes both ways', async t => {
  const { gateway } = await serve(t)
  const socket = open(t, gateway.port)
  socket.write(handshake)
  const head = await readUntil(socket, '\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
  t.match(head, /\r\nUpgrade: websocket\r\n/)
  t.match(head, /\r\nConnection: upgrade\r\n/)
  t.match(head, /\r\nSec-WebSocket-Accept: a2V5\r\n/)
  t.match(head, /\r\nServer: clinch-test\r\n/)
  socket.write('\x81\x03abc', 'latin1')
  t.equal(await readUntil(socket, 'abc'), '\x81\x03abc')
  socket.write('\x81\x03def', 'latin1')
  t.equal(await readUntil(socket, 'def'), '\x81\x03def')
  t.equal(gateway.inFlight(), 1)
  socket.end()
  await once(socket, 'close')
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 101, source: 'upstream', responseBytes: 10 }])
  t.equal(gateway.inFlight(), 0)
})

t.test('bytes that come with the handshake are not lost', async t => {
  const { gateway } = await serve(t)
  const socket = open(t, gateway.port)
  socket.write(`${handshake}early`)
  t.match(await readUntil(socket, 'early'), /early$/)
})

t.test('the upstream sees the handshake as it was', async t => {
  const seen = Promise.withResolvers<NodeJS.Dict<string | string[]>>()
  const { gateway } = await serve(t, {
    onUpgrade (request, socket) {
      seen.resolve(request.headers)
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nbye')
    }
  })
  const socket = open(t, gateway.port)
  socket.write(handshake)
  t.match(await readToEnd(socket), /bye$/, 'what the upstream said last arrived before the end')
  t.match(await seen.promise, { upgrade: 'websocket', connection: /upgrade/i, 'sec-websocket-version': '13', 'x-real-ip': '127.0.0.1' })
})

t.test('an upstream that goes takes the client along, and the other way round', async t => {
  const sockets: Duplex[] = []
  const { gateway } = await serve(t, {
    onUpgrade (_, socket) {
      sockets.push(socket)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n')
    }
  })
  const first = open(t, gateway.port)
  first.write(handshake)
  await readUntil(first, '\r\n\r\n')
  sockets[0]?.destroy()
  await once(first, 'close')
  const second = open(t, gateway.port)
  second.write(handshake)
  await readUntil(second, '\r\n\r\n')
  const [, other] = sockets
  second.resetAndDestroy()
  if (other !== undefined) await ended(other)
  await gateway.over(2)
  t.equal(gateway.inFlight(), 0)
})

t.test('a tunnel in which nothing moves ends after the read timeout', async t => {
  const { gateway } = await serve(t, {}, { timeout: { connect: 1, send: 1, read: 0.05 } })
  const socket = open(t, gateway.port)
  socket.write(handshake)
  t.match(await readToEnd(socket), /^HTTP\/1\.1 101 /)
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 101 }])
})

t.test('a side of a tunnel that does not read stops the other from sending, not the gateway\'s memory from being flat', async t => {
  const upgraded = Promise.withResolvers<Duplex>()
  const { gateway } = await serve(t, {
    onUpgrade (_, socket) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n')
      upgraded.resolve(socket)
    }
  })
  const client = open(t, gateway.port)
  client.write(handshake)
  await readUntil(client, '\r\n\r\n')
  const upstream = await upgraded.promise
  for (const [what, sender, receiver] of [['the upstream', client, upstream], ['the client', upstream, client]] as const) {
    let written = 0
    const more = (): void => {
      while (written < 200_000_000) {
        written += part.length
        if (!sender.write(part)) return
      }
    }
    receiver.pause()
    sender.on('drain', more)
    more()
    let before = -1
    while (before !== written) {
      before = written
      await new Promise(resolve => { setTimeout(resolve, 100) })
    }
    t.ok(written < 40_000_000, `${what} does not read: ${written} octets were taken`)
    let received = 0
    const all = new Promise<void>(resolve => {
      receiver.on('data', (chunk: Buffer) => {
        received += chunk.length
        if (received >= 200_000_000) resolve()
      })
    })
    receiver.resume()
    await all
    sender.off('drain', more)
    t.equal(received, written, 'and all of it arrives once it does')
  }
  client.destroy()
  upstream.destroy()
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 101 }])
})

const part = Buffer.alloc(100_000, 'x')

t.test('an upstream that declines answers as it would any request', async t => {
  const { gateway } = await serve(t, { onUpgrade: (_, socket) => { socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno') } })
  const socket = open(t, gateway.port)
  socket.write(handshake)
  const text = await readToEnd(socket)
  t.match(text, /^HTTP\/1\.1 403 Forbidden\r\n/)
  t.match(text, /\r\nConnection: close\r\n/)
  t.match(text, /\r\n\r\nno$/)
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 403, source: 'upstream' }])
})

t.test('an upstream that is down is a 502', async t => {
  const { gateway } = await serve(t)
  gateway.replace([{ uri: '/*', enable_websocket: true, upstream: { nodes: { [await refusingNode()]: 1 } } as never }])
  const socket = open(t, gateway.port)
  socket.write(handshake)
  t.match(await readToEnd(socket), /^HTTP\/1\.1 502 Bad Gateway\r\n/)
})

t.test('a client that leaves during the handshake is a 499', async t => {
  const arrived = Promise.withResolvers<Duplex>()
  const { gateway } = await serve(t, { onUpgrade: (_, socket) => arrived.resolve(socket) })
  const socket = open(t, gateway.port)
  socket.write(handshake)
  const upstreamSocket = await arrived.promise
  socket.destroy()
  await ended(upstreamSocket)
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 499 }])
})

t.test('without enable_websocket the upstream sees a plain request', async t => {
  const { gateway } = await serve(t, {}, { enable_websocket: false })
  const socket = open(t, gateway.port)
  socket.write(handshake)
  const text = await readToEnd(socket)
  t.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  t.match(text, '"target":"/chat"')
  t.notMatch(text, /"upgrade"/i)
})

t.test('an offer of another protocol is declined without a word', async t => {
  const { gateway } = await serve(t, { handler: echo })
  const socket = open(t, gateway.port)
  const h2c = 'Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n'
  socket.write(`POST /a HTTP/1.1\r\n${h2c}Content-Length: 4\r\n\r\nbody`)
  const text = await readUntil(socket, '"body":"body"}')
  t.match(text, '"target":"/a"')
  socket.write('GET /b HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(await readUntil(socket, '"body":""}'), '"target":"/b"', 'the connection went on')
  t.notMatch(text, /http2-settings/i)
})
