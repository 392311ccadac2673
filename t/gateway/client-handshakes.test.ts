import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { until } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { createWorld, dial, get, request } from './client-gateway.ts'

t.test('1000 handshakes with one unknown client certificate at once: one fetch; one waiter disconnects: others get their answer', async t => {
  const world = await createWorld(t, { workers: 2, route: { timeout: 30 } })
  const before = world.responder.count
  world.responder.hang()
  const sockets: TLSSocket[] = []
  for (let at = 0; at < 1000; at += 50) sockets.push(...(await Promise.all(Array.from({ length: 50 }, async () => await dial(world)))).map(({ socket }) => socket))
  const answers = sockets.map(async socket => await request(socket).catch(() => 0))
  await until(() => world.responder.count > before)
  sockets[0]?.destroy()
  sockets[500]?.destroy()
  world.responder.release()
  const statuses = await Promise.all(answers)
  t.equal(statuses.filter(status => status === 200).length, 998)
  t.equal(world.responder.count, before + 1)
  for (const socket of sockets) socket.destroy()
})

t.test('issuer missing from the client\'s chain, present in the CA set: found; check runs', async t => {
  const world = await createWorld(t, { cas: 'both' })
  const before = world.responder.count
  const alone = { cert: world.client.certPem, key: world.client.keyPem }
  t.equal((await get(world, alone)).status, 200)
  t.equal(world.responder.count, before + 1)
  const revoked = world.authority.issue({ subject: 'revoked', ocspUris: [world.responder.url] })
  world.responder.revoke(revoked)
  t.equal((await get(world, { cert: revoked.certPem, key: revoked.keyPem })).status, 403)
})

t.test('clients that get no further', async t => {
  const world = await createWorld(t)

  await t.test('untrusted client certificate with an AIA: handshake fails; nothing fetched', async t => {
    const before = world.responder.count
    const stranger = createAuthority({ name: 'Client CA' }).issue({ subject: 'client', ocspUris: [world.responder.url] })
    t.equal((await get(world, { cert: stranger.certPem, key: stranger.keyPem })).status, 0)
    t.equal(world.responder.count, before)
  })

  await t.test('a URL that is not on the list is refused, and logged with its host and without its path', async t => {
    const client = world.authority.issue({ subject: 'client', ocspUris: ['http://127.0.0.1:9/very/private'] })
    t.equal((await get(world, { cert: client.certPem + world.authority.certPem, key: client.keyPem })).status, 503)
    await world.gateway.logged(/"responder":"127\.0\.0\.1:9","code":"OCSP_ERR_URL_REFUSED"/)
    t.notMatch(world.gateway.output, 'very/private')
  })

  await t.test('a revoked client stays out after a restart with the responder down, and its name is nowhere in the log', async t => {
    world.responder.revoke(world.client)
    t.equal((await get(world)).status, 403)
    t.equal(await world.gateway.stop(), 0)
    await world.responder.stop()
    await world.gateway.run()
    t.equal((await get(world)).status, 403)
    t.notMatch(world.gateway.output, 'CN=client')
  })
})
