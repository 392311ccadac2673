import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'
import t from 'tap'
import { freePort } from '../support/free-port.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { runCli } from '../support/run-cli.ts'
import { startUpstream } from '../support/upstream.ts'

const workersOf = async (gateway: TestGateway) =>
  (await gateway.control('/v1/workers')).body['list'] as unknown as ReadonlyArray<{ pid: number, ready: boolean }>

/** One that ended and that nobody waits for is not running. */
function isRunning (pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`)
}

t.test('the life of a process', async t => {
  const upstream = await startUpstream({ handler: () => {} })
  t.teardown(() => upstream.close())
  const metricsPort = await freePort()
  const gateway = await TestGateway.start(t, { workers: 1, plugins: ['prometheus'], config: { plugin_attr: { prometheus: { export_addr: { port: metricsPort } } } } })
  const cli = async (...args: readonly string[]) => await runCli([...args, '--config', gateway.configFile])
  const pidFile = join(gateway.folder, 'data', 'clinch.pid')
  const metric = async (name: string) => {
    const text = await (await request(`http://127.0.0.1:${metricsPort}/apisix/prometheus/metrics`)).body.text()
    return Number(new RegExp(`^apisix_${name} (\\S+)$`, 'm').exec(text)?.[1])
  }

  await t.test('its status is told to people and to programs', async t => {
    t.equal((await readFile(pidFile, 'utf8')), `${gateway.pid}\n`)
    const [text, json] = await Promise.all([cli('status'), cli('status', '--json')])
    t.equal(text.code, 0)
    const [{ pid } = { pid: 0 }] = await workersOf(gateway)
    t.match(text.stdout, new RegExp(`^Clinch \\S+ is running: pid ${gateway.pid}, for \\d+ s, Node 24.*\n  config +\\S+config.yaml, in force since .*\n  role +traditional\n  workers +1 of 1 ready \\(pid ${pid}\\)\n  http +http://localhost:${gateway.httpPort}\n[^]*  store +embedded, `))
    t.match(JSON.parse(json.stdout), {
      pid: gateway.pid,
      state: 'running',
      role: 'traditional',
      data_dir: join(gateway.folder, 'data'),
      workers: { wanted: 1, ready: 1, list: [{ pid, state: 'ready' }], deaths: 0 },
      store: { kind: 'embedded', connected: true },
      last_reload: { good: true },
      problems: 0
    })
  })

  await t.test('a second start of the same configuration is refused in one line', async t => {
    const { code, stdout, stderr } = await cli('start')
    t.equal(code, 1)
    t.equal(stdout, '')
    t.equal(stderr, `clinch: a gateway is running already (pid ${gateway.pid}) with the data_dir ${join(gateway.folder, 'data')}\n`)
    t.equal((await cli('status')).code, 0, 'the first goes on')
  })

  await t.test('workers that die again and again are replaced later and later, and counted', async t => {
    for (let deaths = 0; deaths < 3; deaths++) {
      await until(async () => (await workersOf(gateway)).some(({ ready }) => ready))
      for (const { pid } of await workersOf(gateway)) process.kill(pid, 'SIGKILL')
      await gateway.logged(`"delayMs":${[0, 200, 400][deaths]},"msg":"worker ended, another takes its place"`)
    }
    await until(async () => (await workersOf(gateway)).some(({ ready }) => ready))
    t.equal(await metric('worker_restart_delay_seconds'), 0)
    t.equal(await metric('worker_deaths_total'), 3)
    t.match((await cli('status')).stdout, '3 died since the start')
  })

  await t.test('when the primary is killed its workers end, and the next start has everything that was acknowledged', async t => {
    const [{ pid } = { pid: 0 }] = await workersOf(gateway)
    let acknowledged = 0
    const writing = (async () => {
      while ((await gateway.admin('PUT', `routes/${acknowledged + 1}`, { uri: `/r${acknowledged + 1}`, plugins: {} })).status === 201) acknowledged++
    })().catch(() => {}) // the connection broke
    await until(() => acknowledged >= 20)
    await gateway.stop('SIGKILL')
    await until(() => !isRunning(pid), () => 'the worker goes on', 2000)
    await writing
    t.equal((await cli('status')).code, 3)
    t.ok(existsSync(pidFile), 'it left its files')
    await writeFile(pidFile, `${process.pid}\n`) // the id is another's by now
    const { code, stderr } = await cli('stop')
    t.equal(code, 3, 'nobody is signalled')
    t.match(stderr, /^clinch: no gateway is running with the data_dir /)

    await gateway.run()
    const { total } = (await gateway.admin('GET', 'routes')).body as unknown as { total: number }
    t.ok(total >= acknowledged, `${total} of ${acknowledged}`)
    await until(async () => (await request(`http://127.0.0.1:${gateway.httpPort}/r${acknowledged}`)).statusCode === 503)
  })

  await t.test('clinch stop waits until requests in flight have ended, and a second signal does not', async t => {
    await gateway.admin('PUT', 'routes/1', { uri: '/held', upstream: { nodes: { [upstream.node]: 1 } } })
    const held = request(`http://127.0.0.1:${gateway.httpPort}/held`).then(() => 'answered', () => 'cut off')
    await until(() => upstream.requests() === 1, () => gateway.output)
    const { code, stderr } = await cli('stop', '--timeout', '0.2')
    t.equal(code, 1)
    t.match(stderr, `pid ${gateway.pid} goes on after 0.2 s`)
    t.match((await cli('status')).stdout, 'is stopping')
    t.equal(await gateway.stop('SIGTERM'), 0)
    t.equal(await held, 'cut off')
    await gateway.logged('ended at once: requests in flight are cut off')

    await gateway.run()
    const stopped = await cli('stop')
    t.equal(stopped.code, 0)
    t.match(stopped.stdout, /^pid \d+ has ended\n$/)
    t.notOk(existsSync(pidFile), 'it left no file')
    t.equal(await gateway.stop(), 0)
  })
})
