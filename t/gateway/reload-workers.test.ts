import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { request } from 'undici'
import t from 'tap'
import { freePort } from '../support/free-port.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { startLoad } from '../support/load.ts'
import { createAuthority } from '../support/pki.ts'
import { runCli } from '../support/run-cli.ts'
import { startUpstream } from '../support/upstream.ts'

const pidsOf = async (gateway: TestGateway) =>
  ((await gateway.control('/v1/workers')).body['list'] as unknown as ReadonlyArray<{ pid: number }>).map(({ pid }) => pid)

const replacedTimes = (gateway: TestGateway) => gateway.output.split('"worker replaced"').length - 1

t.test('workers are replaced one by one', async t => {
  const held: Array<() => void> = []
  const upstream = await startUpstream({
    handler: (incoming, response) => {
      incoming.resume()
      if (incoming.url === '/held') held.push(() => response.end('late'))
      else response.end('ok')
    }
  })
  t.teardown(() => upstream.close())
  const metricsPort = await freePort()
  const gateway = await TestGateway.start(t, { workers: 2, plugins: ['limit-count', 'prometheus'], config: { plugin_attr: { prometheus: { export_addr: { port: metricsPort } } } } })
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  const to = { upstream: { nodes: { [upstream.node]: 1 } } }
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com' })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { prometheus: {} }, ...to })
  await gateway.admin('PUT', 'routes/2', { uri: '/counted', plugins: { 'limit-count': { count: 3, time_window: 600, rejected_code: 429 } }, ...to })
  const get = async (path: string) => await request(`http://127.0.0.1:${gateway.httpPort}${path}`, { headers: { connection: 'close' } })
  await until(async () => (await get('/counted')).statusCode === 200)
  const counted = async (): Promise<number> => {
    const text = await (await request(`http://127.0.0.1:${metricsPort}/apisix/prometheus/metrics`)).body.text()
    return Number(/^apisix_http_status\{code="200",route="1".* (\d+)$/m.exec(text)?.[1])
  }
  const answers = new Map<string, number>()

  await t.test('no request fails, on kept connections and new ones', async t => {
    const before = await pidsOf(gateway)
    const load = startLoad({ httpPort: gateway.httpPort, httpsPort: gateway.httpsPort, servername: 'test.com', path: '/ok', clients: 2, pauseMs: 5 })
    gateway.signal('SIGUSR2')
    gateway.signal('SIGUSR2') // the second follows the first
    await until(() => replacedTimes(gateway) >= 2, () => gateway.output.slice(-2000), 30_000)
    const { code, stdout, stderr } = await runCli(['reload', '--config', gateway.configFile])
    t.equal(code, 0, stderr)
    t.match(stdout, `${gateway.configFile} is in force\n`)
    for (const [kind, { answered, failed }] of await load.stop()) {
      t.strictSame([...new Set(failed)], [], kind)
      t.ok(answered > 0, `${kind}: ${answered} requests`)
      answers.set(kind, answered)
    }
    const after = await pidsOf(gateway)
    t.equal(after.length, 2)
    t.ok(after.every(pid => !before.includes(pid)), 'all are others')
  })

  await t.test('what a limiter and the metrics have counted stays counted', async t => {
    const total = [...answers.values()].reduce((sum, one) => sum + one, 0)
    await until(async () => await counted() >= total, () => `less than ${total}`)
    t.same([(await get('/counted')).statusCode, (await get('/counted')).statusCode, (await get('/counted')).statusCode], [200, 200, 429])
  })

  await t.test('a request in flight is answered by the worker that has it, up to worker_shutdown_timeout', async t => {
    const answer = get('/held')
    await until(() => held.length === 1)
    const { code } = await runCli(['reload', '--config', gateway.configFile])
    t.equal(code, 0)
    const { stdout } = await runCli(['status', '--config', gateway.configFile])
    t.match(stdout, /draining/)
    held[0]?.()
    t.equal(await (await answer).body.text(), 'late')

    await gateway.writeProperty('nginx_config.worker_shutdown_timeout', '200ms')
    const cut = get('/held').then(() => 'answered', () => 'cut off')
    await until(() => held.length === 2)
    await runCli(['reload', '--config', gateway.configFile])
    t.equal(await cut, 'cut off')
  })

  await t.test('a worker that does not start changes nothing that serves, and says why', async t => {
    const taken = createServer().listen(0)
    t.teardown(() => taken.close())
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const before = await pidsOf(gateway)
    await gateway.writeProperty('apisix.node_listen', port)
    const { code, stderr } = await runCli(['reload', '--config', gateway.configFile])
    t.equal(code, 1)
    t.match(stderr, `*:${port} is in use by another process`)
    await gateway.logged('config.yaml could not be put in force, what serves goes on')
    t.same(await pidsOf(gateway), before)
    t.equal((await get('/ok')).statusCode, 200)
    t.match((await runCli(['status', '--config', gateway.configFile])).stdout, 'the last reload failed')
  })

  await t.test('other ports and another number of workers are taken up', async t => {
    const port = await freePort()
    await gateway.writeProperty('apisix.node_listen', port)
    await gateway.writeProperty('nginx_config.worker_processes', 1)
    gateway.signal('SIGHUP')
    await until(async () => (await pidsOf(gateway)).length === 1, () => gateway.output.slice(-2000), 20_000)
    t.equal((await request(`http://127.0.0.1:${port}/ok`)).statusCode, 200)
    await until(async () => await get('/ok').then(() => false, () => true), () => 'the old port is still open')
    await gateway.writeProperty('nginx_config.worker_processes', 2)
    t.equal((await runCli(['reload', '--config', gateway.configFile])).code, 0)
    t.equal((await pidsOf(gateway)).length, 2)
  })
})
