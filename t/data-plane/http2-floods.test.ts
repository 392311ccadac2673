import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { PlainEdge } from '../../packages/data-plane/src/plain-edge.ts'
import type { ClientEvents } from '../../packages/data-plane/src/proxy/client-events.ts'
import { frame, frameFlags, frameTypes, headerBlock, RawHttp2 } from '../support/raw-http2.ts'

const get = headerBlock([':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a'])
const nothing = Buffer.alloc(0)
const numbered = (count: number): Buffer => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(count)
  return octets
}

/** An edge whose requests are answered at once, and a well-behaved client on a connection of its own. */
async function serve (t: Test) {
  const ignore = (): void => {}
  const onRequest: ClientEvents['onRequest'] = (request, response) => {
    request.resume()
    if (request.method === 'GET') response.end('served')
  }
  const edge = new PlainEdge({ keepAliveTimeoutMs: 60_000, headersTimeoutMs: 60_000, http2: true }, { onRequest, onUpgrade: ignore, onConnect: ignore, onFailure: ignore })
  const server = createServer(socket => edge.accept(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server's
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  t.teardown(() => {
    session.destroy()
    edge.close()
    server.close()
  })
  const ask = async (): Promise<string> => await text(session.request({ ':path': '/' }))
  t.equal(await ask(), 'served')
  return { port, ask }
}

/** Sends until the connection ends. @returns how many parts that took; fails after `most` */
async function flood (t: Test, client: RawHttp2, part: (count: number) => Buffer, most: number): Promise<number> {
  for (let count = 0; count < most; count++) {
    if (client.socket.destroyed || client.frames.some(({ type }) => type === frameTypes.goaway)) return count
    client.send(part(count))
    if (count % 20 === 19) await new Promise(resolve => setImmediate(resolve))
    if (client.socket.writableNeedDrain) await Promise.race([once(client.socket, 'drain'), new Promise(resolve => client.socket.once('close', resolve))])
  }
  t.fail(`${most} of them were taken`)
  return most
}

const stream = (count: number): number => 2 * count + 1

const floods: ReadonlyArray<readonly [what: string, part: (count: number) => Buffer, most: number]> = [
  ['PING', () => frame(frameTypes.ping, 0, 0, Buffer.alloc(8)), 20_000],
  ['SETTINGS', () => frame(frameTypes.settings, 0, 0, nothing), 20_000],
  ['streams that are reset at once', count => Buffer.concat([frame(frameTypes.headers, frameFlags.endHeaders | frameFlags.endStream, stream(count), get), frame(frameTypes.reset, 0, stream(count), numbered(8))]), 20_000],
  ['fields that never end', count => count === 0 ? frame(frameTypes.headers, 0, 1, get) : frame(frameTypes.continuation, 0, 1, headerBlock(['x', 'y'.repeat(100)])), 20_000],
  ['empty parts of a body', count => count === 0 ? frame(frameTypes.headers, frameFlags.endHeaders, 1, headerBlock([':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'a'])) : frame(frameTypes.data, 0, 1, nothing), 20_000],
  ['credit of nothing', () => frame(frameTypes.windowUpdate, 0, 0, numbered(0)), 20_000],
  ['frames of streams that there are not', count => frame(frameTypes.data, 0, 2 * count + 1001, Buffer.from('x')), 20_000]
]

for (const [what, part, most] of floods) {
  t.test(`a flood of HTTP/2: ${what}; its connection ends, and others are served`, async t => {
    const { port, ask } = await serve(t)
    const client = await RawHttp2.open(port)
    t.teardown(() => client.destroy())
    const taken = await flood(t, client, part, most)
    t.equal(await ask(), 'served')
    t.comment(`${taken} frames until ${client.frames.some(({ type }) => type === frameTypes.goaway) ? 'GOAWAY' : 'the end'}`)
    client.socket.end()
    if (!client.socket.destroyed) await once(client.socket, 'close')
  })
}

t.test('a PING with every answer, as some clients measure, ends nothing', async t => {
  const { port } = await serve(t)
  const session = connectHttp2(`http://127.0.0.1:${port}`, { maxOutstandingPings: 100 })
  t.teardown(() => session.destroy())
  await once(session, 'connect')
  for (let round = 0; round < 60; round++) {
    await Promise.all(Array.from({ length: 50 }, async (_, at) => {
      const pinged = new Promise<void>((resolve, reject) => session.ping(err => err === null ? resolve() : reject(err)))
      await text(session.request({ ':path': `/${'x'.repeat(at)}` }))
      await pinged
    }))
  }
  t.notOk(session.destroyed)
})
