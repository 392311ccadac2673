import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { request } from 'undici'
import t from 'tap'
import { createAuthority } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'

const workersOf = async (gateway: TestGateway) =>
  (await gateway.control('/v1/workers')).body['list'] as unknown as ReadonlyArray<{ pid: number, ready: boolean }>

t.test('a worker that is killed is replaced and serves what the others serve', async t => {
  const gateway = await TestGateway.start(t, { workers: 2, plugins: ['ip-restriction'] })
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com' })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ip-restriction': { blacklist: ['127.0.0.1'] } } })
  await until(async () => (await request(`http://127.0.0.1:${gateway.httpPort}/`)).statusCode === 403)
  const before = await workersOf(gateway)
  for (const { pid } of before) {
    process.kill(pid, 'SIGKILL')
    await until(async () => {
      const now = await workersOf(gateway)
      return now.length === 2 && now.every(worker => worker.ready && worker.pid !== pid)
    })
    t.equal((await request(`http://127.0.0.1:${gateway.httpPort}/`)).statusCode, 403)
    t.match((await sClient({ port: gateway.httpsPort, servername: 'test.com' })).output, 'Verify')
  }
})

t.test('changes reach every worker', async t => {
  const gateway = await TestGateway.start(t, { workers: 2, plugins: [] })
  for (let round = 1; round <= 20; round++) {
    await gateway.admin('PUT', `routes/${round}`, { uri: `/r${round}`, plugins: {} })
  }
  // every connection is a new one, so that both workers are asked
  const statusOf = async (path: string) => (await request(`http://127.0.0.1:${gateway.httpPort}${path}`, { headers: { connection: 'close' } })).statusCode
  await until(async () => await statusOf('/r20') === 503)
  const statuses = await Promise.all(Array.from({ length: 40 }, async (_, index) => await statusOf(`/r${index % 20 + 1}`)))
  t.ok(statuses.every(status => status === 503), statuses.join())
})

t.test('an object that does not build is named, and everything else goes on', async t => {
  const gateway = await TestGateway.start(t, { workers: 1, plugins: [] })
  await gateway.admin('PUT', 'routes/1', { uri: '/ok', plugins: {} })
  // nothing gets past the Admin API that does not build, so the keyring is changed under a stored certificate
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com' })
  await gateway.stop()
  const config = await readFile(gateway.configFile, 'utf8')
  await writeFile(gateway.configFile, config.replace('apisix:\n', 'apisix:\n  data_encryption:\n    keyring: "0123456789abcdef"\n'))
  await gateway.run()
  t.equal((await request(`http://127.0.0.1:${gateway.httpPort}/ok`)).statusCode, 503)
  t.match((await sClient({ port: gateway.httpsPort, servername: 'test.com' })).output, /internal error/)
  await gateway.logged('failed to decrypt ssl key')
})

t.test('SIGTERM and SIGINT let a request in flight end, and the exit status is 0', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const arrived = Promise.withResolvers<ServerResponse>()
    const upstream = createServer((_request, response) => arrived.resolve(response)).listen(0, '127.0.0.1')
    t.teardown(() => upstream.close())
    await once(upstream, 'listening')
    const { port } = upstream.address() as { port: number }
    const gateway = await TestGateway.start(t, { workers: 2, plugins: [] })
    await gateway.admin('PUT', 'routes/1', { uri: '/slow', upstream: { nodes: { [`127.0.0.1:${port}`]: 1 } } })
    await until(async () => (await request(`http://127.0.0.1:${gateway.httpPort}/none`)).statusCode === 404)
    const answer = request(`http://127.0.0.1:${gateway.httpPort}/slow`)
    const response = await arrived.promise
    const stopped = gateway.stop(signal)
    await gateway.logged('draining')
    response.end('done')
    t.equal(await (await answer).body.text(), 'done', signal)
    t.equal(await stopped, 0, signal)
  }
})

t.test('a port that is taken stops the start with one line that says which', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const apisix = { node_listen: 0, ssl: { listen: [{ port: 0 }] }, control: { port: 0 } }
  await t.rejects(TestGateway.start(t, { config: { apisix: { ...apisix, node_listen: [{ ip: '127.0.0.1', port }] } } }), { message: new RegExp(`ended with 1:\n(.*\n)*clinch: 127\\.0\\.0\\.1:${port} is in use by another process`) })
  await t.rejects(TestGateway.start(t, { config: { apisix: { ...apisix, control: { port } } } }), { message: new RegExp(`clinch: 127\\.0\\.0\\.1:${port} is in use`) })
})
