import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '@clinch/gateway'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { parseDocument } from 'yaml'
import { TestGateway } from '../support/gateway.ts'
import { runCli } from '../support/run-cli.ts'

/* eslint-disable no-template-curly-in-string -- config.yaml's own notation */

async function load (t: Test, text: string, environment: NodeJS.ProcessEnv = {}) {
  const file = join(t.testdir(), 'config.yaml')
  await writeFile(file, text)
  return (await loadConfig(file, environment)).config
}

t.test('a string in which a variable was put becomes a number or a boolean when it reads like one', async t => {
  const attr = async (t: Test, text: string, environment: NodeJS.ProcessEnv) => (await load(t, `plugin_attr: { some: { ${text} } }`, environment)).plugin_attr['some']
  const cases: ReadonlyArray<readonly [string, NodeJS.ProcessEnv, unknown]> = [
    ['"a": "${{V}}"', { V: '8' }, { a: 8 }],
    ['"a": "${{V}}"', { V: '0.5' }, { a: 0.5 }],
    ['"a": "${{V}}"', { V: 'true' }, { a: true }],
    ['"a": "${{V}}"', { V: 'false' }, { a: false }],
    ['"a": "${{V}}"', { V: 'True' }, { a: 'True' }],
    ['"a": "${{V}}"', { V: '8s' }, { a: '8s' }],
    ['"a": "${{V}}"', { V: '' }, { a: '' }],
    ['"a": "${{V:=8}}"', { V: '' }, { a: '' }],
    ['"a": "${{V:=8}}"', {}, { a: 8 }],
    ['"a": "${{ V := some text }}"', {}, { a: 'some text' }],
    ['"a": "${{V:=}}"', {}, { a: '' }],
    ['"a": "http://${{H}}:${{P:=2379}}"', { H: 'etcd' }, { a: 'http://etcd:2379' }],
    ['"a": "8"', {}, { a: '8' }],
    ['"a": "${V} $V {{V}}"', { V: 'x' }, { a: '${V} $V {{V}}' }],
    ['"a": [ { "b": "${{V}}" } ]', { V: '8' }, { a: [{ b: 8 }] }],
    ['"${{V}}": 1', { V: '8' }, { 8: 1 }],
    ['"a": "${{V}}"', { V: '${{W}}', W: 'x' }, { a: '${{W}}' }]
  ]
  for (const [text, environment, expected] of cases) {
    await t.test(`${text} with ${JSON.stringify(environment)}`, async t => { t.strictSame(await attr(t, text, environment), expected) })
  }
})

t.test('below nginx_config a number may be written as a string', async t => {
  t.equal((await load(t, 'nginx_config: { worker_processes: "4", http: { keepalive_timeout: 30 } }')).nginx_config.worker_processes, '4')
  await t.rejects(load(t, 'nginx_config: { worker_processes: "many" }'), /config\.yaml:1: nginx_config\.worker_processes: /)
})

t.test('an empty mapping is the defaults where a mapping is wanted, and an empty list where a list is', async t => {
  const config = await load(t, 'plugins: {}\ndeployment: { admin: { admin_listen: {} } }\nplugin_attr: {}\n')
  t.same(config.plugins, [])
  t.equal(config.deployment.admin.admin_listen.port, 9180)
})

t.test('a mistake in YAML has file, line and column', async t => {
  await t.rejects(load(t, 'apisix:\n  node_listen: 9080\n   ssl: {}\n'), /config\.yaml:2:16: failed to read local yaml config of clinch: /)
  await t.rejects(load(t, 'plugins: []\nplugins: []\n'), /config\.yaml:2:1: .*unique/)
})

t.test('APISIX_STAND_ALONE=true wants a provider that is a file', async t => {
  const standAlone = { APISIX_STAND_ALONE: 'true' }
  await t.rejects(load(t, '', standAlone), /config\.yaml:1: deployment\.role_traditional\.config_provider: APISIX_STAND_ALONE is true: the config_provider must be yaml or json/)
  await t.rejects(load(t, 'deployment:\n  role: data_plane\n  role_data_plane:\n    config_provider: etcd\n', standAlone), /config\.yaml:4: deployment\.role_data_plane\.config_provider: /)
  for (const provider of ['yaml', 'json']) {
    const config = await load(t, `deployment: { role: data_plane, role_data_plane: { config_provider: ${provider} } }`, standAlone)
    t.equal(config.apisix.data_encryption.enable_encrypt_fields, false, 'a document holds plain text')
  }
  t.equal((await load(t, '', { APISIX_STAND_ALONE: 'false' })).apisix.data_encryption.enable_encrypt_fields, true)
})

t.test('APISIX_PROFILE names the file that is read without --config, and the resources beside it', async t => {
  const folder = t.testdir({
    conf: {
      'config.yaml': '{}',
      'config-dev.yaml': 'apisix: { node_lisen: 1 }',
      'config-file.yaml': 'deployment: { role: data_plane, role_data_plane: { config_provider: yaml } }',
      'apisix-file.yaml': 'routes: [\n#END'
    }
  })
  const check = async (profile: string | undefined, ...args: string[]) => await runCli(['test', ...args], { cwd: folder, env: profile === undefined ? {} : { APISIX_PROFILE: profile } })
  const [none, empty, dev, given, file] = await Promise.all([
    check(undefined), check(''), check('dev'), check('dev', '--config', 'conf/config.yaml'), check('file')
  ])
  t.match(none, { code: 0, stdout: /conf\/config\.yaml: the configuration is fine/ })
  t.match(empty, { code: 0, stdout: /conf\/config\.yaml: the configuration is fine/ })
  t.match(dev, { code: 1, stderr: /conf\/config-dev\.yaml:1: apisix\.node_lisen: / })
  t.match(given, { code: 0 }, '--config wins')
  t.match(file, { code: 1, stderr: /conf\/apisix-file\.yaml: .* at line 2 column 5/ })
})

t.test('clinch test names every object of the resource file that would be left out', async t => {
  const config = 'plugins: [request-id]\ndeployment: { role: data_plane, role_data_plane: { config_provider: yaml } }'
  const check = async (resources: string) => await runCli(['test', '-c', 'config.yaml'], { cwd: t.testdir({ 'config.yaml': config, 'apisix.yaml': resources }) })
  const bad = await check('routes:\n  - { id: a, uri: 1 }\n  - { id: b, uri: /b, plugins: { cors: {} } }\n#END')
  t.equal(bad.code, 1)
  t.match(bad.stderr, /apisix\.yaml:2: routes\/a: invalid configuration: property "uri" validation failed: wrong type: expected string, got number\n.*apisix\.yaml:3: routes\/b: unknown plugin \[cors\]\n/)
  t.match(await check('routes: [{ id: a, uri: /a, plugins: { request-id: {} } }]\n#END'), { code: 0, stdout: /config\.yaml: the configuration is fine\n.*apisix\.yaml: 1 object is fine\n/ })
  t.match(await check('plugins: [{ name: cors-of-mine }]\nroutes: []\n#END'), { code: 1, stderr: /failed to load plugin \[cors-of-mine\]/ })
  t.match(await runCli(['test', '-c', 'config.yaml'], { cwd: t.testdir({ 'config.yaml': config }) }), { code: 1, stderr: /apisix\.yaml: no such file/ })
})

t.test('a reload reads config.yaml over the built-in defaults: keys and CORS change, and what was deleted is the default again', async t => {
  const gateway = await TestGateway.start(t, { plugins: ['request-id'], workers: 1, config: { deployment: { admin: { enable_admin_cors: false } } } })
  const isShared = async (key: string) => {
    const answer = await request(`${gateway.adminUrl}/apisix/admin/routes`, { headers: { 'x-api-key': key } })
    await answer.body.dump()
    return [answer.statusCode, answer.headers['access-control-allow-origin']]
  }
  t.same(await isShared(gateway.key), [200, undefined])
  const edit = async (change: (document: ReturnType<typeof parseDocument>) => void) => {
    const document = parseDocument(await readFile(gateway.configFile, 'utf8'))
    change(document)
    await writeFile(gateway.configFile, String(document))
  }
  await edit(document => {
    document.deleteIn(['deployment', 'admin', 'enable_admin_cors'])
    document.setIn(['deployment', 'admin', 'admin_key', 0, 'key'], 'another-key-0123456789')
    document.delete('plugins')
  })
  t.equal((await gateway.admin('PUT', 'plugins/reload')).text, 'done')
  t.same(await isShared(gateway.key), [401, '*'])
  t.same(await isShared('another-key-0123456789'), [200, '*'])
  t.ok(JSON.parse((await gateway.admin('GET', 'plugins/list', undefined, 'another-key-0123456789')).text).includes('proxy-rewrite'), 'the default list')

  await edit(document => document.setIn(['deployment', 'admin', 'admin_key', 0, 'key'], { no: 'key' }))
  const refused = await gateway.admin('PUT', 'plugins/reload', undefined, 'another-key-0123456789')
  t.equal(refused.status, 503)
  t.match(refused.body['error_msg'], /config\.yaml:\d+: deployment\.admin\.admin_key/)
  t.same(await isShared('another-key-0123456789'), [200, '*'], 'what was loaded stays')
})
