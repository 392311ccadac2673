import { join } from 'node:path'
import { openEmbeddedStore } from '@clinch/store'
import t from 'tap'
import { TestGateway } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { runCli } from '../support/run-cli.ts'

t.test('what is not understood is said in one line, with the nearest name, and exit status 2', async t => {
  const cases: ReadonlyArray<readonly [readonly string[], string]> = [
    [['relod'], 'there is no command relod, did you mean reload?; clinch help names them all'],
    [['dance'], 'there is no command dance; clinch help names them all'],
    [['help', 'sttus'], 'there is no command sttus, did you mean status?; clinch help names them all'],
    [['status', '--jsn'], 'clinch status has no option --jsn, did you mean --json?'],
    [['reload', '--store'], 'clinch reload has no option --store'],
    [['start', 'now'], 'what is now? clinch start takes options only'],
    [['stop', '--timeout', 'soon'], '--timeout soon: a number of seconds is wanted, 86400 at most'],
    [['stop', '--config'], "Option '-c, --config <value>' argument missing"]
  ]
  await Promise.all(cases.map(async ([args, sentence]) => {
    const { code, stdout, stderr } = await runCli(args)
    t.same({ code, stdout, stderr }, { code: 2, stdout: '', stderr: `clinch: ${sentence}\n` }, args.join(' '))
  }))
})

t.test('help says what there is', async t => {
  const [overview, bare, short, own, version] = await Promise.all([runCli(['help']), runCli([]), runCli(['-h']), runCli(['stop', '--help']), runCli(['version'])])
  t.equal(overview.code, 0)
  for (const command of ['start', 'stop', 'reload', 'status', 'test', 'version', 'ocsp check', 'ocsp explain', 'plugin new', 'help']) t.match(overview.stdout, new RegExp(`^  ${command}`, 'm'))
  t.same({ code: bare.code, stderr: bare.stderr }, { code: 2, stderr: overview.stdout })
  t.equal(short.stdout, overview.stdout)
  t.match(own.stdout, /^Usage: clinch stop \[--config FILE\] \[--timeout SECONDS\]\n[^]*Exit status: 0 it has ended, [^]*--timeout SECONDS {2}how long to wait\n/)
  t.match(version.stdout, /^Clinch \d+\.\d+\.\d+\n$/)
})

t.test('a config.yaml that cannot be read is exit status 1, whatever is wanted of it', async t => {
  const file = join(t.testdir({ 'config.yaml': 'apisix:\n  node_lisen: 1\n' }), 'config.yaml')
  await Promise.all(['start', 'stop', 'reload', 'status', 'test'].map(async command => {
    const { code, stderr } = await runCli([command, '--config', file])
    t.equal(code, 1, command)
    t.match(stderr, `clinch: ${file}:2: apisix.node_lisen: failed to validate config: `)
  }))
})

t.test('where no gateway runs', async t => {
  const file = join(t.testdir({ 'config.yaml': '' }), 'config.yaml')
  await Promise.all(['stop', 'reload', 'status'].map(async command => {
    const { code, stderr } = await runCli([command, '--config', file])
    t.equal(code, 3, command)
    t.equal(stderr, `clinch: no gateway is running with the data_dir ${join(file, '..', 'data')}\n`)
  }))
  t.same(JSON.parse((await runCli(['status', '--json', '--config', file])).stdout), { state: 'not_running', data_dir: join(file, '..', 'data') })
  const { code, stdout } = await runCli(['test', '--store', '--config', file])
  t.equal(code, 0)
  t.match(stdout, /clinch\.db: 0 objects are fine\n$/)
})

t.test('clinch test --store names every stored object that the Admin API would refuse now', async t => {
  const gateway = await TestGateway.start(t, { workers: 1, plugins: ['ip-restriction', 'key-auth'] })
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  for (const [path, body] of [
    ['routes/1', { uri: '/*', plugins: { 'ip-restriction': { blacklist: ['127.0.0.1'] } } }],
    ['ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com' }],
    ['consumers/jack', { username: 'jack', plugins: {} }],
    ['consumers/jack/credentials/one', { plugins: { 'key-auth': { key: 'jacks-own-key' } } }],
    ['plugin_metadata/ip-restriction', {}]
  ] as const) t.match((await gateway.admin('PUT', path, body)).status, 201, path)
  const test = async () => await runCli(['test', '--store', '--config', gateway.configFile])

  await t.test('a gateway that runs is asked for its objects', async t => {
    const { code, stdout, stderr } = await test()
    t.equal(code, 0, stderr)
    t.match(stdout, /clinch\.db: 5 objects are fine\n$/)
  })

  await t.test('with the plugins that config.yaml lists', async t => {
    await gateway.writePlugins(['key-auth'])
    const { code, stdout, stderr } = await test()
    t.equal(code, 1)
    t.match(stdout, 'the configuration is fine')
    t.match(stderr, /^routes\/1: .*unknown plugin \[ip-restriction\]\n/m)
    t.notMatch(stderr, /consumers|ssls/)
    await gateway.writePlugins(['ip-restriction', 'key-auth'])
  })

  await t.test('and otherwise the store is opened', async t => {
    await gateway.stop()
    const store = await openEmbeddedStore({ path: join(gateway.folder, 'data', 'clinch.db') })
    await store.put('/apisix/routes/2', '{"uri":"/2","plugins":{"ip-restriction":{}}}')
    await store.put('/apisix/routes/3', '{"uri":')
    await store.close()
    await gateway.writeProperty('apisix.data_encryption.keyring', ['0123456789abcdef'])
    const { code, stderr } = await test()
    t.equal(code, 1)
    t.match(stderr, /^routes\/2: failed to check the configuration of plugin ip-restriction/m)
    t.match(stderr, /^routes\/3: it is no JSON object$/m)
    t.match(stderr, /^ssls\/1: .*decrypt/m)
  })
})
