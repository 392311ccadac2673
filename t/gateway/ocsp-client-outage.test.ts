import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { until } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { createWorld, dial, request, type World } from './client-gateway.ts'

const clients = 1000
const timeoutMs = 2000

t.test('85. responder down, 1000 clients, hard mode: one timeout per error-cache interval, then immediate 503', async t => {
  const world = await createWorld(t, { workers: 2, route: { timeout: timeoutMs / 1000 } })
  const sockets = await dialAll(world)
  t.teardown(() => { for (const socket of sockets) socket.destroy() })
  world.responder.hang()
  const [asked, forwarded] = [world.responder.count, world.upstream.requests()]
  const askAll = async (): Promise<{ statuses: Set<number>, tookMs: number }> => {
    const startedMs = performance.now()
    const statuses = new Set(await Promise.all(sockets.map(async socket => await request(socket))))
    return { statuses, tookMs: performance.now() - startedMs }
  }

  const first = await askAll()
  t.same(first.statuses, new Set([503]))
  t.ok(first.tookMs >= timeoutMs, `${first.tookMs} ms: they waited for the one question`)
  t.ok(first.tookMs < 2 * timeoutMs, `${first.tookMs} ms: all together, not one after the other`)
  t.equal(world.responder.count, asked + 1)

  for (let round = 0; round < 2; round++) {
    const again = await askAll()
    t.same(again.statuses, new Set([503]))
    t.ok(again.tookMs < timeoutMs, `${again.tookMs} ms: at once`)
  }
  t.equal(world.responder.count, asked + 1, 'nobody was asked again')
  t.equal(world.upstream.requests(), forwarded, 'and nothing was forwarded')
})

t.test('100. issuer not found anywhere: ISSUER_NOT_FOUND: refused in every mode, never skipped', async t => {
  const world = await createWorld(t, { tickets: true })
  const { gateway, responder, upstream } = world
  const open = { uri: '/open', upstream: { nodes: { [upstream.node]: 1 } } }
  await gateway.admin('PUT', 'routes/open', open)
  const modes = ['soft', 'grace', 'hard']
  for (const mode of modes) await gateway.admin('PUT', `routes/${mode}`, { ...open, uri: `/${mode}`, plugins: { 'ocsp-stapling': { mode, no_responder: 'allow', unavailable_code: 503 } } })
  // nobody was ever asked about a client of this intermediate, so that nobody here remembers it
  const authority = createAuthority({ name: 'Unseen CA', parent: world.authority.parent })
  const client = authority.issue({ subject: 'client', ocspUris: [responder.url] })
  const credentials = { cert: client.certPem + authority.certPem, key: client.keyPem }
  const first = await dial(world, { credentials })
  await until(async () => await request(first.socket, '/open') === 200)
  await until(() => first.session() !== undefined)
  const asked = responder.count

  // on a resumed session the client does not send its chain
  const resumed = await dial(world, { credentials, session: first.session() })
  t.ok(resumed.socket.isSessionReused())
  for (const mode of modes) t.equal(await request(resumed.socket, `/${mode}`), 503, mode)
  await gateway.logged('OCSP_ERR_ISSUER_NOT_FOUND')
  t.equal(responder.count, asked, 'there was nothing to ask')
  t.equal(await request(resumed.socket, '/open'), 200, 'where nobody checks it is served')
  for (const { socket } of [first, resumed]) socket.destroy()
})

async function dialAll (world: World): Promise<TLSSocket[]> {
  const sockets: TLSSocket[] = []
  while (sockets.length < clients) sockets.push(...(await Promise.all(Array.from({ length: 50 }, async () => await dial(world)))).map(({ socket }) => socket))
  return sockets
}
