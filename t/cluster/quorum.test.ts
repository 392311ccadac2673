import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { request } from 'undici'
import { startEtcdCluster } from '../support/etcd.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { startSteadyLoad } from './steady-load.ts'

t.test('a control plane, a data plane and three etcd members, which fail one after the other', async t => {
  const cluster = await startEtcdCluster(t)
  const upstream = createServer((_request, response) => { response.end('ok') }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close())
  const nodes = { [`127.0.0.1:${(upstream.address() as AddressInfo).port}`]: 1 } // it listens on TCP
  const start = async (role: object) => await TestGateway.start(t, { workers: 1, plugins: [], config: { deployment: { ...role, etcd: { host: cluster.urls, timeout: 10, watch_timeout: 1, health_check_timeout: 2 } } } })
  const controlPlane = await start({ role: 'control_plane', role_control_plane: { config_provider: 'etcd' } })
  const dataPlane = await start({ role: 'data_plane', role_data_plane: { config_provider: 'etcd' } })

  const put = async (id: string) => await controlPlane.admin('PUT', `routes/${id}`, { uri: `/${id}`, upstream: { nodes } })
  const ask = async (id: string) => {
    const { statusCode, body } = await request(`http://127.0.0.1:${dataPlane.httpPort}/${id}`)
    await body.dump()
    return statusCode
  }
  const served = async (id: string) => await until(async () => await ask(id) === 200, () => `${id} is not served:\n${dataPlane.output.slice(-2000)}`)

  t.equal((await put('first')).status, 201)
  await served('first')
  const stopLoad = startSteadyLoad(async () => await ask('first'))

  await t.test('the leader is killed: writes go on under the next one', async t => {
    const leader = await cluster.leader()
    await leader.kill()
    await cluster.leader()
    t.equal((await put('leader-killed')).status, 201)
    await served('leader-killed')
    await leader.restart()
  })

  await t.test('one member hangs: writes go on, and the data plane hears of them', async t => {
    const [member] = await cluster.followers()
    await member?.hang()
    for (let count = 0; count < 4; count++) t.match(await put(`hang-${count}`), { status: 201 })
    await served('hang-3')
    member?.wake()
  })

  await t.test('the quorum is lost: 503 with the reason, soon, for reads too; traffic goes on', async t => {
    const lost = await cluster.followers()
    await Promise.all(lost.map(async member => await member.kill()))
    await cluster.leaderless()
    const startMs = performance.now()
    await Promise.all(([['GET', 'routes/first'], ['GET', 'routes'], ['DELETE', 'routes/first'], ['PUT', 'routes/lost']] as const).map(async ([method, path]) => {
      const body = method === 'PUT' ? { uri: '/lost', upstream: { nodes } } : undefined
      t.match(await controlPlane.admin(method, path, body), { status: 503, body: { error_msg: /^has no healthy etcd endpoint available; .*etcdserver: no leader/ } }, `${method} ${path}`)
    }))
    const tookMs = performance.now() - startMs
    t.ok(tookMs < 8000, `${Math.round(tookMs)} ms`)
    await dataPlane.logged('the store is away: what is known goes on serving')
    t.match((await dataPlane.control('/v1/health')).body, { status: 'degraded', configuration: { source: 'store', connected: false }, reasons: [{ reason: 'the store is away: changes are not heard of' }] })
    t.equal(await ask('first'), 200)

    await Promise.all(lost.map(async member => await member.restart()))
    await until(async () => (await put('back')).status === 201, () => controlPlane.output.slice(-2000), 20_000)
    const leader = await cluster.leader()
    await leader.compact()
    await served('back')
    t.equal(await ask('lost'), 404)
    await until(async () => (await dataPlane.control('/v1/health')).body['status'] as unknown === 'ok')
  })

  await t.test('the control plane is killed: nothing changes for the data plane', async t => {
    await controlPlane.stop('SIGKILL')
    t.equal(await ask('first'), 200)
    t.match((await dataPlane.control('/v1/health')).body, { status: 'ok', configuration: { connected: true } })
    await controlPlane.run()
    t.equal((await put('last')).status, 201)
    await served('last')
  })

  t.same(await stopLoad(), [], 'no request failed, whatever else did')
})
