import { once } from 'node:events'
import t from 'tap'
import { until } from '../support/gateway.ts'
import { echo } from '../support/upstream.ts'
import { createWorld, dial, get, openHttp2, request, requestHttp2, shortWindowMs } from './client-gateway.ts'

t.test('keep-alive and HTTP/2 connection of a client revoked meanwhile: next request refused, connection drained', async t => {
  const waiting: Array<() => void> = []
  const world = await createWorld(t, {
    windowMs: shortWindowMs,
    workers: 2,
    handler: (message, response) => {
      if (message.url !== '/slow') return echo(message, response)
      waiting.push(() => response.writeHead(200, { 'content-length': 4 }).end('late'))
    }
  })
  const { responder, client } = world
  const idle = await Promise.all(Array.from({ length: 6 }, async () => await dial(world))) // on both workers
  for (const { socket } of idle) t.equal(await request(socket), 200)
  const [sessionIdle, sessionBusy] = [await openHttp2(world), await openHttp2(world)]
  t.equal(await requestHttp2(sessionIdle), 200)
  const busy = await dial(world)
  const goneAway = Promise.all([sessionIdle, sessionBusy].map(async session => await once(session, 'goaway')))
  const idleClosed = Promise.all([...idle.map(async ({ socket }) => await once(socket, 'close')), once(sessionIdle, 'close')])

  const slow = request(busy.socket, '/slow')
  const slowHttp2 = requestHttp2(sessionBusy, '/slow')
  await until(() => waiting.length === 2)

  responder.revoke(client)
  await until(async () => (await get(world)).status === 403)
  await idleClosed
  t.pass('idle connections are closed, on every worker')
  await goneAway
  t.pass('HTTP/2 is told to go away')

  for (const answer of waiting) answer()
  t.equal(await slow, 200, 'what was under way is answered')
  t.equal(await slowHttp2, 200)
  await Promise.all([busy.socket, sessionBusy].map(async open => open.destroyed ? undefined : await once(open, 'close')))
  t.equal((await get(world)).status, 403)
})

t.test('the next request on an open connection is refused as soon as it is known', async t => {
  const waiting: Array<() => void> = []
  const world = await createWorld(t, {
    windowMs: shortWindowMs,
    handler: (message, response) => {
      if (message.url !== '/slow') return echo(message, response)
      waiting.push(() => response.writeHead(200, { 'content-length': 4 }).end('late'))
    }
  })
  const { socket } = await dial(world)
  socket.write('GET /slow HTTP/1.1\r\nHost: test.com\r\n\r\n') // the next one is behind it
  await until(() => waiting.length === 1)
  world.responder.revoke(world.client)
  await until(async () => (await get(world)).status === 403)
  socket.write('GET / HTTP/1.1\r\nHost: test.com\r\n\r\n')
  const closed = once(socket, 'close')
  let text = ''
  socket.on('data', (chunk: Buffer) => { text += chunk.toString() })
  for (const answer of waiting) answer()
  await closed
  t.match(text, /^HTTP\/1.1 200 OK[^]*late/)
  t.notMatch(text.slice(20), 'HTTP/1.1 200', 'nothing more is served')
})

t.test('with scope chain a revoked intermediate ends the connections of the clients below it, of resumed sessions too', async t => {
  const world = await createWorld(t, { windowMs: shortWindowMs, workers: 2, scope: 'chain', tickets: true })
  const first = await dial(world)
  t.equal(await request(first.socket), 200)
  await until(() => first.session() !== undefined)
  const idle = [first, ...await Promise.all(Array.from({ length: 6 }, async (_, at) => await dial(world, at % 2 === 0 ? {} : { session: first.session() })))] // on both workers
  for (const { socket } of idle.slice(1)) t.equal(await request(socket), 200)
  t.same(new Set(idle.map(({ socket }) => socket.isSessionReused())), new Set([false, true]))
  const session = await openHttp2(world)
  t.equal(await requestHttp2(session), 200)
  const closed = Promise.all([once(session, 'goaway'), ...idle.map(async ({ socket }) => await once(socket, 'close'))])
  world.responder.revoke(world.authority) // the clients' own certificates stay good
  await until(async () => (await get(world)).status === 403)
  await closed
  t.pass('idle connections are closed, on every worker')
})
