import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'
import { loadConfig } from '@clinch/gateway'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { explainError } from '../../packages/gateway/src/explain-error.ts'
import { createAuthority } from '../support/pki.ts'
import { freePort } from '../support/free-port.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { runCli } from '../support/run-cli.ts'
import { startUpstream } from '../support/upstream.ts'

/** A secret that is found wherever it turns up, also where what is around it was quoted, cut or encoded as a URL. */
const canary = (what: string): string => `canary-${what}-${what.length}f7a1`
const secrets = {
  adminKey: canary('admin'),
  viewerKey: canary('viewer'),
  keyAuth: canary('keyauth'),
  password: canary('password'),
  jwtSecret: canary('jwtsecret-jwtsecret-jwtsecret'),
  redis: canary('redis'),
  sentinel: canary('sentinel'),
  authHeader: canary('authheader'),
  vaultToken: canary('vaulttoken'),
  awsKey: canary('awskey'),
  environment: canary('environment'),
  keyring: canary('keyring').slice(0, 16),
  clientKey: canary('clientkey'),
  bearer: canary('bearer'),
  basic: canary('basic'),
  cookie: canary('cookie'),
  wrongAdminKey: canary('wrongadminkey'),
  mistaken: canary('mistaken')
}

t.test('no secret is in the log, an error, a page of the gateway or, in clear, on disk', async t => {
  process.env['CLINCH_TEST_CANARY'] = secrets.environment
  t.teardown(() => { delete process.env['CLINCH_TEST_CANARY'] })
  const upstream = await startUpstream()
  t.teardown(async () => { await upstream.close() })
  const closed = await freePort()
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  const pemLine = leaf.keyPem.split('\n')[1] ?? ''
  const keys = [{ name: 'admin', key: secrets.adminKey, role: 'admin' }, { name: 'viewer', key: secrets.viewerKey, role: 'viewer' }]
  const gateway = await TestGateway.start(t, {
    workers: 1,
    plugins: ['ocsp-stapling', 'key-auth', 'basic-auth', 'jwt-auth', 'limit-count', 'limit-req', 'http-logger', 'proxy-rewrite', 'mocking', 'prometheus', 'consumer-restriction'],
    config: {
      apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }] }, control: { port: 0 }, data_encryption: { keyring: [secrets.keyring] } },
      deployment: { admin: { admin_key: keys }, etcd: { user: 'root', password: canary('etcd') } },
      clinch: { data_dir: 'data', log_level: 'trace' },
      plugin_attr: { prometheus: { export_addr: { port: 0 } }, 'ocsp-stapling': { egress_proxy: `http://user:${canary('proxy')}@127.0.0.1:${closed}` } }
    }
  })
  /** Whatever the gateway said that is for others than whoever holds the secret. */
  const said: Array<readonly [where: string, text: string]> = []
  const admin = async (method: string, path: string, body: unknown) => await gateway.admin(method, path, body, secrets.adminKey)

  await t.test('objects with a secret in every place for one are stored', async t => {
    const node = { [upstream.node]: 1 }
    const redis = { policy: 'redis', redis_host: '127.0.0.1', redis_port: closed, redis_password: secrets.redis, redis_timeout: 200 }
    const logger = { uri: `http://127.0.0.1:${closed}/`, auth_header: secrets.authHeader, batch_max_size: 1, max_retry_count: 0, retry_delay: 0 }
    const objects: ReadonlyArray<readonly [path: string, body: object]> = [
      ['ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } }],
      ['ssls/2', { cert: leaf.chainPem, key: '$env://CLINCH_TEST_CANARY', sni: 'no-key.test' }],
      ['secrets/vault/1', { uri: `http://127.0.0.1:${closed}`, prefix: 'kv', token: secrets.vaultToken }],
      ['secrets/aws/1', { access_key_id: 'id', secret_access_key: secrets.awsKey, region: 'eu-west-1', endpoint_url: `http://127.0.0.1:${closed}` }],
      ['consumers/jack', { username: 'jack', plugins: { 'key-auth': { key: secrets.keyAuth }, 'basic-auth': { username: 'jack', password: secrets.password }, 'jwt-auth': { key: 'jack', secret: secrets.jwtSecret } } }],
      ['consumers/jill', { username: 'jill', plugins: { 'key-auth': { key: '$env://CLINCH_TEST_CANARY' } } }],
      ['consumers/joe', { username: 'joe', plugins: { 'key-auth': { key: '$secret://vault/1/joe/key' } } }],
      ['consumers/jim', { username: 'jim', plugins: { 'key-auth': { key: '$secret://aws/1/jim/key' } } }],
      ['plugin_metadata/http-logger', { log_format: { host: '$host' } }],
      ['routes/key', { uri: '/key', plugins: { 'key-auth': {}, 'http-logger': logger }, upstream: { nodes: node } }],
      ['routes/basic', { uri: '/basic', plugins: { 'basic-auth': {} }, upstream: { nodes: node } }],
      ['routes/jwt', { uri: '/jwt', plugins: { 'jwt-auth': {} }, upstream: { nodes: node } }],
      ['routes/redis', { uri: '/redis', plugins: { 'limit-count': { count: 1, time_window: 60, allow_degradation: false, ...redis } }, upstream: { nodes: node } }],
      ['routes/sentinel', { uri: '/sentinel', plugins: { 'limit-req': { rate: 1, burst: 0, key: 'remote_addr', ...redis } }, upstream: { nodes: node } }],
      ['routes/mistake', { uri: '/mistake', plugins: { 'limit-count': { count: '$env://CLINCH_TEST_CANARY', time_window: 60 } }, upstream: { nodes: node } }],
      ['routes/away', { uri: '/away', plugins: { 'proxy-rewrite': { headers: { set: { 'X-Token': 'for the upstream' } } } }, upstream: { nodes: { [`127.0.0.1:${closed}`]: 1 } } }]
    ]
    for (const [path, body] of objects) {
      const answer = await admin('PUT', path, body)
      t.equal(answer.status, 201, `${path} ${answer.text}`)
    }
  })

  await t.test('what cannot be stored is refused without being repeated', async t => {
    const bad: ReadonlyArray<readonly [path: string, body: unknown]> = [
      ['ssls/3', { cert: leaf.chainPem, key: leaf.keyPem.replace('\n', `\n${secrets.mistaken}\n`), sni: 'a.test' }],
      ['ssls/3', { cert: leaf.chainPem, key: secrets.mistaken.repeat(5), sni: 'a.test' }],
      ['ssls/3', { cert: leaf.chainPem, key: createAuthority().issue().keyPem, sni: 'a.test', wrong: secrets.mistaken }],
      ['secrets/vault/2', { uri: 'no URL', prefix: 'kv', token: secrets.mistaken }],
      ['secrets/vault/2', { uri: 'http://a', prefix: 'kv', token: [secrets.mistaken] }],
      ['consumers/bad', { username: 'bad', plugins: { 'key-auth': { key: [secrets.mistaken] } } }],
      ['consumers/bad', { username: 'bad', plugins: { 'key-auth': { key: secrets.keyAuth } } }],
      ['consumers/bad', { username: 'bad', plugins: { 'jwt-auth': { key: 'bad', secret: secrets.mistaken, algorithm: secrets.mistaken } } }],
      ['consumers/bad', { username: 'bad', plugins: { 'basic-auth': { username: 'bad', password: { secret: secrets.mistaken } } } }],
      ['routes/bad', { uri: '/', plugins: { 'limit-count': { count: 1, time_window: 1, policy: 'redis', redis_host: '127.0.0.1', redis_password: [secrets.mistaken] } } }],
      ['routes/bad', { uri: '/', plugins: { 'http-logger': { uri: 'no URL', auth_header: secrets.mistaken } } }],
      ['upstreams/bad', { nodes: {}, scheme: 'https', tls: { client_cert: secrets.mistaken.repeat(8), client_key: secrets.mistaken.repeat(8) } }]
    ]
    for (const [path, body] of bad) {
      const answer = await admin('PUT', path, body)
      t.ok(answer.status >= 400 && answer.status < 500, `${path} ${answer.status} ${answer.text}`)
      said.push([`${path} ${JSON.stringify(body).slice(0, 120)}`, answer.text])
    }
    // a body that is no JSON is given back to who sent it, as in APISIX, and to nobody else
    t.equal((await admin('PUT', 'routes/bad', `{"key": "${secrets.mistaken}"`)).status, 400)
    const refused = await gateway.admin('GET', 'routes', undefined, secrets.wrongAdminKey)
    t.equal(refused.status, 401)
    said.push(['a wrong key', refused.text])
  })

  await t.test('clients show what they have', async t => {
    await until(async () => (await request(`http://127.0.0.1:${gateway.httpPort}/away`)).statusCode === 502)
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const asks: ReadonlyArray<readonly [path: string, headers: Record<string, string>, status: number]> = [
      ['/key', { apikey: secrets.keyAuth, cookie: `session=${secrets.cookie}`, authorization: `Bearer ${secrets.bearer}` }, 200],
      ['/key', { apikey: secrets.clientKey }, 401],
      ['/key', { apikey: secrets.environment }, 200],
      ['/basic', { authorization: `Basic ${base64(`jack:${secrets.password}`)}` }, 200],
      ['/basic', { authorization: `Basic ${base64(`jack:${secrets.basic}`)}` }, 401],
      ['/basic', { authorization: `Basic ${secrets.bearer}` }, 401],
      ['/jwt', { authorization: `Bearer ${base64('{"alg":"HS256"}')}.${base64(`{"key":"jack","canary":"${secrets.bearer}"}`)}.${secrets.bearer}` }, 401],
      ['/jwt', { authorization: secrets.bearer }, 401],
      ['/redis', { authorization: secrets.bearer }, 500],
      ['/sentinel', { authorization: secrets.bearer }, 500],
      ['/mistake', {}, 404],
      ['/away', { authorization: secrets.bearer, cookie: secrets.cookie, 'x-api-key': secrets.clientKey }, 502],
      ['/none', { authorization: secrets.bearer, cookie: secrets.cookie }, 404]
    ]
    for (const [path, headers, status] of asks) {
      const { statusCode, body, headers: fields } = await request(`http://127.0.0.1:${gateway.httpPort}${path}`, { headers })
      const text = await body.text()
      t.equal(statusCode, status, `${path} ${JSON.stringify(headers)} ${text}`)
      if (status !== 200) said.push([`answer to ${path}`, JSON.stringify(fields) + text])
    }
    const wrongHead = await request(`http://127.0.0.1:${gateway.httpPort}/none`, { headers: { 'x-long': secrets.clientKey.repeat(4000) } }).catch(() => undefined)
    said.push(['too large a head', await wrongHead?.body.text() ?? ''])
    await gateway.logged('count must be a positive integer') // of the route whose count is a secret
    await gateway.logged(/http-logger.*(?:ECONNREFUSED|failed)|(?:ECONNREFUSED|failed).*http-logger/i)
  })

  await t.test('a worker that breaks, a reload of a file that is wrong, tests of it', async t => {
    const [{ pid }] = (await gateway.control('/v1/workers')).body['list'] as unknown as [{ pid: number }]
    process.kill(pid, 'SIGSEGV')
    await gateway.logged('another takes its place')
    const good = await readFile(gateway.configFile, 'utf8')
    const tested = await runCli(['test', '--config', gateway.configFile, '--store'])
    said.push(['clinch test', tested.stdout + tested.stderr])
    const status = await runCli(['status', '--config', gateway.configFile])
    said.push(['clinch status', status.stdout + status.stderr])
    const file = parse(good) as Record<string, never>
    const mistakes: ReadonlyArray<readonly [what: string, text: string]> = [
      ['keyring of another length', stringify({ ...file, apisix: { data_encryption: { keyring: [`${secrets.mistaken}x`.slice(0, 20)] } } })],
      ['keyring with a list in it', stringify({ ...file, apisix: { data_encryption: { keyring: [[secrets.mistaken]] } } })],
      ['admin key with a list in it', stringify({ ...file, deployment: { admin: { admin_key: [{ name: 'a', key: [secrets.mistaken], role: 'admin' }] } } })],
      ['etcd password of another type', stringify({ ...file, deployment: { etcd: { password: [secrets.mistaken] } } })],
      ['a member too many', stringify({ ...file, deployment: { etcd: { pasword: secrets.mistaken } } })],
      ['no YAML', `${good}\ndeployment: "${secrets.mistaken}\n`],
      ['an address of etcd with a password', stringify({ ...file, deployment: { etcd: { host: [`http://root:${secrets.mistaken}@etcd.test:2379`] } } })],
      ['and with a path', stringify({ ...file, deployment: { etcd: { host: [`http://root:${secrets.mistaken}@etcd.test:2379/path`] } } })],
      ['a reference to nothing', `${good}\nx: *${secrets.mistaken}\n`],
      ['a wrong proxy', stringify({ ...file, plugin_attr: { 'ocsp-stapling': { egress_proxy: `http://user:${secrets.mistaken}@:99999` } } })]
    ]
    for (const [what, text] of mistakes) {
      await writeFile(gateway.configFile, text)
      const complaint = await loadConfig(gateway.configFile, {}).then(() => t.fail(what), explainError) // which every command prints
      said.push([what, String(complaint)])
    }
    const reloaded = await admin('PUT', 'plugins/reload', undefined)
    said.push(['reload', reloaded.text])
    await writeFile(gateway.configFile, good)

    const away = join(gateway.folder, 'away.yaml')
    await writeFile(away, stringify({ ...file, deployment: { role: 'control_plane', role_control_plane: { config_provider: 'etcd' }, admin: { admin_key: keys, admin_listen: { port: 0 } }, etcd: { host: [`http://127.0.0.1:${closed}`], user: 'root', password: canary('etcd'), timeout: 1, startup_retry: 1 } }, clinch: { data_dir: 'away', log_level: 'trace' } }))
    const start = await runCli(['start', '--config', away])
    t.not(start.code, 0)
    said.push(['a start without etcd', start.stdout + start.stderr])
  })

  await t.test('none of it is to be seen', async t => {
    const pages = ['/v1/routes', '/v1/services', '/v1/upstreams', '/v1/plugin_metadatas', '/v1/schema', '/v1/healthcheck', '/v1/ocsp/staples', '/v1/configuration/problems', '/v1/workers', '/v1/health']
    for (const page of pages) {
      const { status, text } = await gateway.control(page)
      t.equal(status, 200, page)
      said.push([page, text])
    }
    const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
    said.push(['metrics', await (await request(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()])
    said.push(['openapi', (await admin('GET', 'openapi.json', undefined)).text])
    for (const path of ['ssls', 'ocsp/staples', 'plugins/list']) said.push([path, (await admin('GET', path, undefined)).text])
    await gateway.stop()
    said.push(['log', gateway.output])
    t.match(gateway.output, 'resource written', 'there is a log to look into')
    const wanted = [...Object.values(secrets), canary('etcd'), canary('proxy'), pemLine]
    const forms = wanted.flatMap(text => [text, Buffer.from(text).toString('base64').slice(0, -4), Buffer.from(text).toString('hex'), encodeURIComponent(text)])
    const shown = (text: string): string[] => [...new Set(forms.filter(form => text.includes(form)))].map(form => `${form}: …${text.slice(Math.max(0, text.indexOf(form) - 200), text.indexOf(form) + 60)}…`)
    for (const [where, text] of said) t.same(shown(text), [], where)

    const known = new Set([secrets.vaultToken, secrets.awsKey]) // `secrets` objects are stored as they are (docs/operations/secrets.md)
    for (const entry of await readdir(gateway.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith('.yaml')) continue
      const text = await readFile(join(entry.parentPath, entry.name), 'latin1')
      t.same(shown(text).filter(line => ![...known].some(one => entry.name.startsWith('clinch.db') && line.startsWith(one))), [], entry.name)
    }
  })
})
