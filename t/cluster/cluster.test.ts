import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '@clinch/gateway'
import { gatewayConfig } from '../../scripts/cluster/gateway-config.ts'
import { prometheusConfig } from '../../scripts/cluster/monitoring.ts'
import { OrphanGuard } from '../../scripts/cluster/orphan-guard.ts'
import { layOut } from '../../scripts/cluster/topology.ts'
import { repository, run } from '../ground/run-script.ts'
import { until } from '../support/gateway.ts'
import { someNetwork } from './some-network.ts'

const command = join(repository, 'scripts/cluster/cluster.ts')

class RunningCluster {
  readonly child: ChildProcess
  readonly lines: string[] = []

  constructor (args: readonly string[]) {
    this.child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.child.stdout, this.child.stderr]) if (stream !== null) createInterface(stream).on('line', line => this.lines.push(line))
  }

  get text (): string { return this.lines.join('\n') }

  async said (text: string | RegExp): Promise<string> {
    const find = () => this.lines.find(line => line.match(text))
    await until(() => find() !== undefined || this.child.exitCode !== null, () => this.text)
    return find() ?? ''
  }

  async pidOf (name: string): Promise<number> {
    return Number(/pid (\d+)/.exec(await this.said(new RegExp(`^${name} +is ready`)))?.[1])
  }
}

t.test('npm run cluster', async t => {
  t.setTimeout(110_000)
  const dir = join(t.testdir(), 'cluster')
  const network = someNetwork()
  const cluster = new RunningCluster(['--dir', dir, '--network', network, '--restart'])
  const ended = once(cluster.child, 'exit')
  t.teardown(async () => {
    if (cluster.child.exitCode === null) cluster.child.kill('SIGKILL') // its processes end with it
    await ended
  })
  await cluster.said('Ctrl-C ends it')

  await t.test('says of every part that it is ready, or not installed', async t => {
    for (const name of ['etcd-1', 'etcd-2', 'etcd-3', 'control-plane', 'data-plane-1', 'data-plane-2', 'responder', 'upstream-1', 'upstream-2']) t.match(cluster.text, new RegExp(`^${name} +is ready`, 'm'))
    for (const name of ['prometheus', 'grafana']) t.match(cluster.text, new RegExp(`^${name} +is (ready|not installed)`, 'm'))
  })

  await t.test('keeps its secrets and data for their owner alone', async t => {
    for (const folder of ['secrets', 'logs', 'etcd-1', 'data-plane-1']) t.equal((await stat(join(dir, folder))).mode & 0o777, 0o700, folder)
    for (const entry of await readdir(join(dir, 'secrets'), { recursive: true, withFileTypes: true })) {
      t.equal((await stat(join(entry.parentPath, entry.name))).mode & 0o077, 0, entry.name)
    }
  })

  await t.test('prints commands that do what they say', async t => {
    const commands = cluster.text.slice(cluster.text.indexOf('Try:') + 4, cluster.text.indexOf('Ctrl-C'))
    const { stdout, stderr } = await run('bash', ['-c', commands])
    t.match(stdout, 'hello from the upstream, you asked for /hello', stderr)
    t.match(stdout, 'Cert Status: good')
  })

  await t.test('etcd answers nobody without a certificate of the cluster', async t => {
    const ask = async (...certificate: readonly string[]) => await run('curl', ['--silent', '--insecure', ...certificate, `https://${network}.11:2379/version`])
    const own = join(dir, 'secrets', 'gateway', 'etcd-client')
    t.match((await ask('--cert', `${own}.crt`, '--key', `${own}.key`)).stdout, '"etcdserver"')
    t.same(await ask().then(({ code, stdout }) => [code !== 0, stdout]), [true, ''])
  })

  await t.test('a second one on the same addresses ends with one line', async t => {
    const { code, stderr } = await run(process.execPath, [command, '--dir', join(dir, 'other'), '--network', network])
    t.equal(code, 1)
    t.match(stderr, /^\S+:\d+ \([a-z0-9-]+\) is taken: .*--network chooses other addresses\n$/)
  })

  await t.test('a part that dies is told of, and started again', async t => {
    process.kill(await cluster.pidOf('upstream-2'), 'SIGKILL')
    t.match(await cluster.said(/^upstream-2 +died/), /died: SIGKILL, starting it again/)
    await until(() => cluster.lines.filter(line => /^upstream-2 +is ready/.test(line)).length === 2)
  })

  await t.test('Ctrl-C ends all of it', async t => {
    const pids = await Promise.all(['etcd-1', 'control-plane', 'data-plane-1', 'responder'].map(async name => await cluster.pidOf(name)))
    cluster.child.kill('SIGINT')
    const [code] = await ended
    t.equal(code, 0, cluster.text)
    for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  })
})

t.test('what is typed wrong is said in one line', async t => {
  const cases: Array<readonly [args: string[], said: string]> = [
    [['--network', '10.0.0'], '--network takes the first three octets of loopback addresses, such as 127.0.30, not 10.0.0'],
    [['--network', '127.0.256'], '--network takes the first three octets of loopback addresses, such as 127.0.30, not 127.0.256'],
    [['--network', '127.0.0.1'], '--network takes the first three octets of loopback addresses, such as 127.0.30, not 127.0.0.1'],
    [['--data-planes', '0'], '--data-planes takes a number from 1 to 9'],
    [['--data-planes', 'two'], '--data-planes takes a number from 1 to 9'],
    [['--fast'], 'Unknown option \'--fast\'']
  ]
  for (const [args, said] of cases) {
    const { code, stderr } = await run(process.execPath, [command, ...args])
    t.equal(code, 1)
    t.ok(stderr.startsWith(said), stderr)
  }
})

t.test('the configurations are those of the compose file, on other addresses', async t => {
  const folder = t.testdir()
  const topology = layOut('127.0.50', 3)
  t.same(topology.dataPlanes.map(({ ip }) => ip), ['127.0.50.21', '127.0.50.22', '127.0.50.23'])
  for (const place of [topology.controlPlane, ...topology.dataPlanes]) {
    const file = join(folder, `${place.name}.yaml`)
    await writeFile(file, await gatewayConfig({ topology, place, certificates: '/secrets', workers: 3 }))
    const { config: { deployment, apisix, nginx_config: nginx } } = await loadConfig(file, { CLINCH_ADMIN_KEY: 'k'.repeat(16), CLINCH_KEYRING: 'k'.repeat(32) })
    t.same(deployment.etcd.host, ['https://127.0.50.11:2379', 'https://127.0.50.12:2379', 'https://127.0.50.13:2379'])
    t.match(apisix, { control: { ip: place.ip }, status: { ip: place.ip }, ssl: { ssl_trusted_certificate: '/secrets/etcd-ca.crt' } })
    if (place === topology.controlPlane) t.match(deployment, { role: 'control_plane', admin: { admin_listen: { ip: place.ip, port: 9180 } } })
    else t.match({ deployment, apisix, nginx }, { deployment: { role: 'data_plane' }, apisix: { node_listen: [{ ip: place.ip, port: 9080 }] }, nginx: { worker_processes: 3 } })
  }
  const text = await run('cat', [join(repository, 'conf/compose/prometheus.yml')])
  const { scrape_configs: jobs } = parse(prometheusConfig(text.stdout, topology)) as { scrape_configs: Array<{ static_configs: Array<{ targets: string[] }> }> }
  t.same(jobs.flatMap(({ static_configs: configs }) => configs.flatMap(({ targets }) => targets)), [
    '127.0.50.20:9091', '127.0.50.21:9091', '127.0.50.22:9091', '127.0.50.23:9091', '127.0.50.11:2381', '127.0.50.12:2381', '127.0.50.13:2381', '127.0.50.50:9090'
  ])
})

t.test('nothing outlives a cluster that is killed', async t => {
  const guard = new OrphanGuard()
  const [kept, removed] = [0, 1].map(() => spawn('sleep', ['60'], { stdio: 'ignore', detached: true }))
  t.teardown(() => removed?.kill('SIGKILL'))
  guard.add(kept?.pid ?? 0)
  guard.add(removed?.pid ?? 0)
  guard.remove(removed?.pid ?? 0)
  guard.close() // as its standard input ends when this process does
  const [, signal] = await once(kept as ChildProcess, 'exit')
  t.equal(signal, 'SIGKILL')
  t.equal(removed?.exitCode, null)
  t.equal(removed?.signalCode, null)
})
