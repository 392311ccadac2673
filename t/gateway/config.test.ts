import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, loadConfig } from '@clinch/gateway'
import t, { type Test } from 'tap'
import { TestGateway } from '../support/gateway.ts'

async function fileWith (t: Test, text: string, path = 'config.yaml'): Promise<string> {
  const file = join(t.testdir(), path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, text)
  return file
}

async function mistakeIn (t: Test, text: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const file = await fileWith(t, text)
  const error = await loadConfig(file, environment).then(() => undefined, (error: unknown) => error)
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError: ${String(error)}`)
  return error.message.replace(file, 'config.yaml')
}

t.test('an empty file is the built-in defaults', async t => {
  const { config } = await loadConfig(await fileWith(t, '# nothing\n'), {})
  t.same(config.apisix.node_listen, [9080])
  t.same(config.apisix.ssl.listen, [{ port: 9443, enable_http3: false }])
  t.equal(config.deployment.admin.admin_listen.port, 9180)
  t.equal(config.apisix.control.port, 9090)
  t.equal(config.deployment.role_traditional.config_provider, 'embedded')
})

t.test('mappings merge, lists replace, nothing means the default', async t => {
  const { config } = await loadConfig(await fileWith(t, 'apisix:\n  ssl:\n    fallback_sni: a.b\n  control:\nplugins: [cors]\ndeployment:\n  admin:\n    allow_admin: ~\n'), {})
  t.equal(config.apisix.ssl.fallback_sni, 'a.b')
  t.same(config.apisix.ssl.listen, [{ port: 9443, enable_http3: false }])
  t.equal(config.apisix.control.port, 9090)
  t.same(config.plugins, ['cors'])
  t.equal(config.deployment.admin.allow_admin, null)
})

/* eslint-disable no-template-curly-in-string -- config.yaml's own notation */
t.test('environment variables stand in keys and values', async t => {
  const { config } = await loadConfig(await fileWith(t, 'apisix:\n  node_listen: ${{PORT:=9080}}\n  ${{WHAT}}:\n    fallback_sni: "${{ NAME }}.test"\n'), { PORT: '8080', WHAT: 'ssl', NAME: 'a' })
  t.equal(config.apisix.node_listen, 8080)
  t.equal(config.apisix.ssl.fallback_sni, 'a.test')
})

t.test('APISIX_DEPLOYMENT_ETCD_HOST and APISIX_WORKER_PROCESSES win over the file', async t => {
  const { config } = await loadConfig(await fileWith(t, ''), { APISIX_DEPLOYMENT_ETCD_HOST: '["http://etcd-0:2379"]', APISIX_WORKER_PROCESSES: '3' })
  t.same(config.deployment.etcd.host, ['http://etcd-0:2379'])
  t.equal(config.nginx_config.worker_processes, 3)
})

t.test('a mistake is named with file, line and property', async t => {
  const cases: ReadonlyArray<readonly [string, string, RegExp]> = [
    ['an unknown key', 'apisix:\n  ssl:\n    enabel: true\n', /^config\.yaml:3: apisix\.ssl\.enabel: .*additional properties forbidden, found enabel$/],
    ['a wrong type', 'apisix:\n  control:\n    port: "x"\n', /^config\.yaml:3: apisix\.control\.port: .*expected integer, got string$/],
    ['a value out of bounds', 'deployment:\n  admin:\n    admin_listen:\n      port: 70000\n', /^config\.yaml:4: deployment\.admin\.admin_listen\.port: .*at most 65535$/],
    ['an item of a list', 'plugins:\n  - a\n  - 1\n', /^config\.yaml:\d: plugins: /],
    ['an unknown role', '\ndeployment:\n  role: king\n', /^config\.yaml:3: deployment\.role: .*matches none of the enum values$/],
    ['a keyring entry of a wrong length', 'apisix:\n  data_encryption:\n    keyring: 12345678901234567\n'.replace('1234', 'abcd'), /^config\.yaml:3: apisix\.data_encryption\.keyring: each entry must have exactly 16 or 32 bytes$/],
    ['a PROXY protocol port that another listener has', 'apisix:\n  node_listen: [9080, 9081]\n  proxy_protocol:\n    listen_http_port: 9081\n', /^config\.yaml:4: apisix\.proxy_protocol\.listen_http_port: PROXY protocol http port 9081 conflicts with http listen port$/],
    ['what is no address', 'clinch:\n  proxy_protocol_from: [10.0.0.0/33]\n', /^config\.yaml:2: clinch\.proxy_protocol_from: neither an address nor a CIDR block: 10\.0\.0\.0\/33$/],
    ['nor a network', 'apisix:\n  trusted_addresses:\n    - localhost\n', /^config\.yaml:2: apisix\.trusted_addresses: neither an address nor a CIDR block: localhost$/],
    ['two listeners on one port', 'apisix:\n  node_listen: 9180\n', /^config\.yaml:2: apisix\.node_listen: http listen port 9180 conflicts with admin port$/],
    ['a control API on the port of the Admin API', 'apisix:\n  control:\n    port: 9180\n', /^config\.yaml:3: apisix\.control\.port: control port 9180 conflicts with admin port$/],
    ['a status API on the port of the control API', 'apisix:\n  status:\n    port: 9090\n', /^config\.yaml:3: apisix\.status\.port: status port 9090 conflicts with control port$/],
    ['metrics on the port of the control API', 'plugin_attr:\n  prometheus:\n    export_addr:\n      port: 9090\n', /^config\.yaml:4: plugin_attr\.prometheus\.export_addr\.port: prometheus port 9090 conflicts with control port$/],
    ['TLS on the port of the metrics', 'apisix:\n  ssl:\n    listen:\n      - port: 9091\n', /^config\.yaml:3: apisix\.ssl\.listen: https listen port 9091 conflicts with prometheus port$/],
    ['HTTPS without a certificate', 'deployment:\n  admin:\n    https_admin: true\n    admin_api_mtls: { admin_ssl_cert: "", admin_ssl_cert_key: a.key }\n', /^config\.yaml:3: deployment\.admin\.https_admin: missing ssl cert for https admin$/],
    ['an admin API open to others without a key', 'deployment:\n  admin:\n    allow_admin: [10.0.0.0/8]\n    admin_key: []\n', /^config\.yaml:4: deployment\.admin\.admin_key: ERROR: missing valid Admin API token\.$/],
    ['what is no YAML', 'apisix: [\n', /failed to read local yaml config/],
    ['a variable that is not set', 'apisix:\n  node_listen: ${{NOWHERE}}\n', /can't find environment variable NOWHERE/]
  ]
  for (const [name, text, expected] of cases) {
    await t.test(name, async t => { t.match(await mistakeIn(t, text), expected) })
  }
})

t.test('a port that nobody listens on conflicts with none', async t => {
  const cases = [
    'apisix:\n  enable_control: false\n  node_listen: 9090\n',
    'apisix:\n  enable_admin: false\n  node_listen: 9180\n',
    'apisix:\n  node_listen: 9091\nplugins: [request-id]\n',
    'apisix:\n  node_listen: 9091\nplugin_attr:\n  prometheus:\n    enable_export_server: false\n',
    'apisix:\n  node_listen: 9180\ndeployment:\n  role: data_plane\n',
    'apisix:\n  node_listen: 9180\ndeployment:\n  role: control_plane\n',
    'apisix:\n  node_listen: 0\n  control:\n    port: 0\ndeployment:\n  admin:\n    admin_listen:\n      port: 0\n'
  ]
  for (const text of cases) t.ok(await loadConfig(await fileWith(t, text), {}), text)
})

t.test('relative paths begin at the folder of config.yaml, or above it when that is called conf', async t => {
  const flat = await loadConfig(await fileWith(t, ''), {})
  t.equal(flat.dataDir, join(flat.file, '..', 'data'))
  const nested = await loadConfig(await fileWith(t, '', 'conf/config.yaml'), {})
  t.equal(nested.dataDir, join(nested.file, '..', '..', 'data'))
})

t.test('an empty admin key is made once and written into that one place', async t => {
  const folder = t.testdir()
  const before = '# mine\ndeployment:\n  admin:\n    admin_key:\n      - name: admin   # the first\n        key: \'\'       # empty\n        role: admin\napisix: { node_listen: 0, ssl: { listen: [ { port: 0 } ] }, control: { port: 0 } }\n'
  const gateway = await TestGateway.start(t, { folder, plugins: [], config: { deployment: { admin: { admin_key: [{ name: 'admin', key: '', role: 'admin' }] } } } })
  await gateway.stop()
  await writeFile(gateway.configFile, before.replace('  admin:\n', '  admin:\n    admin_listen: { port: 0 }\n'))
  await gateway.run()
  const after = await readFile(gateway.configFile, 'utf8')
  const key = /key: "([A-Za-z]{32})" {7}# empty/.exec(after)?.[1] ?? ''
  t.match(key, /^[A-Za-z]{32}$/)
  t.equal(after.replace(`"${key}"`, '\'\''), before.replace('  admin:\n', '  admin:\n    admin_listen: { port: 0 }\n'), 'nothing else changed')
  t.equal((await gateway.admin('GET', 'routes', undefined, key)).status, 200)
  t.equal((await gateway.admin('GET', 'routes', undefined, '')).status, 401)

  await gateway.stop()
  await gateway.run()
  t.equal(await readFile(gateway.configFile, 'utf8'), after, 'the second start keeps it')
})
