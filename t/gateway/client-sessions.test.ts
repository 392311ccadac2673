import t from 'tap'
import { until } from '../support/gateway.ts'
import { createWorld, dial, request, shortWindowMs } from './client-gateway.ts'

t.test('resumed session of a client revoked meanwhile: refused, on another worker too', async t => {
  const world = await createWorld(t, { windowMs: shortWindowMs, workers: 2, tickets: true })
  const first = await dial(world)
  t.equal(await request(first.socket), 200)
  await until(() => first.session() !== undefined)
  const resume = async (): Promise<{ status: number, resumed: boolean }> => {
    const { socket } = await dial(world, { session: first.session() })
    const resumed = socket.isSessionReused()
    const status = await request(socket)
    socket.destroy()
    return { status, resumed }
  }
  // the intermediate is not sent again: whoever gets the connection, and once the verdict has ended, it must be known
  for (let n = 0; n < 8; n++) t.same(await resume(), { status: 200, resumed: true })
  const asked = world.responder.count
  await until(async () => (await resume()).status === 200 && world.responder.count > asked)
  world.responder.revoke(world.client)
  await until(async () => (await resume()).status === 403)
  for (let n = 0; n < 8; n++) t.same(await resume(), { status: 403, resumed: true })
  t.notMatch(world.gateway.output, 'ISSUER_NOT_FOUND')
})

t.test('on a resumed session the whole chain is checked, though the client did not send it', async t => {
  const world = await createWorld(t, { windowMs: shortWindowMs, workers: 2, tickets: true, scope: 'chain' })
  const first = await dial(world)
  t.equal(await request(first.socket), 200)
  await until(() => first.session() !== undefined)
  const resume = async (): Promise<number> => {
    const { socket } = await dial(world, { session: first.session() })
    t.ok(socket.isSessionReused())
    const status = await request(socket)
    socket.destroy()
    return status
  }
  for (let n = 0; n < 8; n++) t.equal(await resume(), 200)
  world.responder.revoke(world.authority) // the intermediate; the client's own certificate stays good
  await until(async () => await resume() === 403)
  for (let n = 0; n < 8; n++) t.equal(await resume(), 403)
})
