import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { TestGateway, until } from '../support/gateway.ts'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Issued } from '../support/pki.ts'
import { sClient } from '../support/s-client.ts'
import { startUpstream, type Received } from '../support/upstream.ts'
import { startVault, type VaultServer } from '../support/vault.ts'
import { pluginSource } from '../plugins/plugin-folder.ts'

const authority = createAuthority()
const soon = { apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }] }, control: { port: 0 }, lru: { secret: { ttl: 1, neg_ttl: 1 } } } }
const reference = (path: string) => `$secret://vault/1/${path}`

async function startWithVault (t: Test, workers = 1): Promise<{ gateway: TestGateway, vault: VaultServer }> {
  const vault = await startVault(t)
  const gateway = await TestGateway.start(t, { config: soon, workers })
  const put = await gateway.admin('PUT', 'secrets/vault/1', { uri: vault.uri, prefix: 'kv2/data', token: vault.token })
  t.equal(put.status, 201, put.text)
  return { gateway, vault }
}

async function startEcho (t: Test): Promise<string> {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  return upstream.node
}

const routeTo = (node: string, token: string) => ({ uri: '/*', plugins: { 'proxy-rewrite': { headers: { set: { 'x-token': token } } } }, upstream: { nodes: { [node]: 1 } } })

async function tokenSent (gateway: TestGateway): Promise<string | undefined> {
  const answer = await request(`http://127.0.0.1:${gateway.httpPort}/`)
  if (answer.statusCode !== 200) {
    await answer.body.dump()
    return undefined
  }
  const { rawHeaders } = await answer.body.json() as Received
  return rawHeaders[rawHeaders.findIndex(name => name.toLowerCase() === 'x-token') + 1]
}

async function serialOf (gateway: TestGateway, servername = 'test.com'): Promise<string | undefined> {
  const { output } = await sClient({ port: gateway.httpsPort, servername, args: ['-showcerts'] })
  return /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(output)?.[0]
}

const firstOf = ({ certPem }: Issued) => certPem.trim()

t.test('a route takes its secret from vault, and a new one from vault without any write', async t => {
  const { gateway, vault } = await startWithVault(t, 2)
  const node = await startEcho(t)
  vault.put('kv2', 'jack', { token: 'canary-one' })
  const put = await gateway.admin('PUT', 'routes/1', routeTo(node, reference('jack/token')))
  t.match(put.body, { value: { plugins: { 'proxy-rewrite': { headers: { set: { 'x-token': '$secret://vault/1/jack/token' } } } } } })
  await until(async () => await tokenSent(gateway) === 'canary-one')
  vault.put('kv2', 'jack', { token: 'canary-two' })
  await until(async () => await tokenSent(gateway) === 'canary-two')

  await t.test('while vault is sealed, refuses or is silent the last value is used', async t => {
    for (const behaviour of ['sealed', 'forbidding', 'slow'] as const) {
      const asked = vault.asked.length
      vault.behave(behaviour)
      await until(() => vault.asked.length > asked)
      t.equal(await tokenSent(gateway), 'canary-two', behaviour)
    }
    vault.behave('well')
    await gateway.logged('secret refreshed again')
  })

  await t.test('a worker that takes another\'s place has it too', async t => {
    const workers = async () => (await gateway.control('/v1/workers')).body['list'] as unknown as Array<{ pid: number, ready: boolean }>
    for (const { pid } of await workers()) {
      process.kill(pid, 'SIGKILL')
      await until(async () => (await workers()).filter(worker => worker.ready && worker.pid !== pid).length === 2)
    }
    t.equal(await tokenSent(gateway), 'canary-two')
  })

  await t.test('nobody sees it: not GET, not the control API, not the log, not the disk', async t => {
    const shown = [
      (await gateway.admin('GET', 'routes/1')).text, (await gateway.admin('GET', 'routes')).text, (await gateway.control('/v1/routes')).text,
      (await gateway.control('/v1/configuration/problems')).text, gateway.output, ...await textsBelow(join(gateway.folder, 'data'))
    ]
    t.ok(shown.some(text => text.includes('$secret://vault/1/jack/token')))
    for (const text of shown) t.notOk(/canary-(?:one|two)/.test(text))
    t.notMatch(gateway.output, vault.token)
  })
})

t.test('a certificate and its key live in vault: handshakes, rotation, staples, and vault away', async t => {
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const [first, second] = [1, 2].map(() => authority.issue({ sans: ['test.com'], ocspUris: [responder.url] }))
  if (first === undefined || second === undefined) throw new Error('two were made')
  for (const leaf of [first, second]) responder.set(leaf, 'good')
  const { gateway, vault } = await startWithVault(t)
  const keep = ({ chainPem, keyPem }: Issued) => vault.put('kv2', 'tls/site', { cert: chainPem, key: keyPem, ca: authority.certPem })
  keep(first)
  const put = await gateway.admin('PUT', 'ssls/1', { cert: reference('tls/site/cert'), key: reference('tls/site/key'), sni: 'test.com', ocsp_stapling: { enabled: true } })
  t.equal(put.status, 201, put.text)
  await until(async () => await serialOf(gateway) === firstOf(first))
  await until(async () => (await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple === 'good')

  await t.test('both are replaced together when vault has new ones', async t => {
    keep(second)
    await until(async () => await serialOf(gateway) === firstOf(second))
    t.equal((await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple, 'good', 'the new one goes live with its staple')
  })

  await t.test('client.ca may be a reference', async t => {
    t.equal((await gateway.admin('PATCH', 'ssls/1', { client: { ca: reference('tls/site/ca') } })).status, 200)
    await until(async () => (await sClient({ port: gateway.httpsPort, servername: 'test.com' })).output.includes('Acceptable client certificate CA names'))
  })

  await t.test('while vault is away, and after the secret is deleted there, the last pair is served', async t => {
    vault.behave('sealed')
    await gateway.logged('secret not refreshed')
    t.equal(await serialOf(gateway), firstOf(second))
    vault.behave('well')
    vault.remove('kv2', 'tls/site')
    await gateway.logged('secret reference not resolved')
    t.equal(await serialOf(gateway), firstOf(second))
    t.match((await gateway.control('/v1/configuration/problems')).body, { list: [{ key: 'ssls/1', reason: /\$secret:\/\/vault\/1\/tls\/site\/cert is not resolved/ }] })
  })

  await t.test('no line of the key is anywhere', async t => {
    const lines = [first, second].map(({ keyPem }) => keyPem.split('\n')[1] ?? '')
    for (const text of [gateway.output, ...await textsBelow(join(gateway.folder, 'data'))]) for (const line of lines) t.notOk(text.includes(line))
  })
})

t.test('the first request after a start has what vault holds', async t => {
  const { gateway, vault } = await startWithVault(t)
  const node = await startEcho(t)
  vault.put('kv2', 'jack', { token: 'canary' })
  await gateway.admin('PUT', 'routes/1', routeTo(node, reference('jack/token')))
  await until(async () => await tokenSent(gateway) === 'canary')
  await gateway.stop()
  await gateway.run()
  t.equal(await tokenSent(gateway), 'canary')

  await t.test('and one that starts while vault is away serves the rest, and the route when vault is back', async t => {
    await gateway.admin('PUT', 'routes/2', { uri: '/rest', upstream: { nodes: { [node]: 1 } } })
    await gateway.stop()
    vault.behave('sealed')
    await gateway.run()
    t.equal((await request(`http://127.0.0.1:${gateway.httpPort}/rest`)).statusCode, 200)
    t.equal(await tokenSent(gateway), '://vault/1/jack/token', 'an unresolved reference is text, as in APISIX, and $secret a variable to this plugin')
    t.match((await gateway.control('/v1/configuration/problems')).body, { list: [{ key: 'routes/1', reason: /vault answered 503 \(sealed/ }] })
    vault.behave('well')
    await until(async () => await tokenSent(gateway) === 'canary')
    t.match((await gateway.control('/v1/configuration/problems')).body, { total: 0 })
  })
})

t.test('environment variables: those that nginx_config.envs lists', async t => {
  const node = await startEcho(t)
  process.env['CLINCH_TEST_SHOWN'] = 'canary-shown'
  process.env['CLINCH_TEST_HIDDEN'] = 'canary-hidden'
  t.teardown(() => {
    delete process.env['CLINCH_TEST_SHOWN']
    delete process.env['CLINCH_TEST_HIDDEN']
  })
  const gateway = await TestGateway.start(t, { config: { nginx_config: { worker_processes: 1, worker_shutdown_timeout: '5s', envs: ['CLINCH_TEST_SHOWN', 'CLINCH_TEST_SET={"a":"b"}'] } } })
  for (const [written, sent] of [
    ['$env://CLINCH_TEST_SHOWN', 'canary-shown'], ['$ENV://CLINCH_TEST_SET/a', 'b'], ['$env://CLINCH_TEST_HIDDEN', '://CLINCH_TEST_HIDDEN']
  ] as const) {
    await gateway.admin('PUT', 'routes/1', routeTo(node, written))
    await until(async () => await tokenSent(gateway) === sent)
  }
  await gateway.logged('the variable is not listed in nginx_config.envs')
  t.notMatch(gateway.output, /canary/)
})

t.test('a consumer is known by what vault holds, and by nothing while that is not there', async t => {
  const vault = await startVault(t)
  const folder = t.testdir()
  await writeFile(join(folder, 'badge.js'), pluginSource('badge', {
    type: '"auth"',
    encryptFields: '["key"]',
    schema: '{ type: "object" }',
    consumerSchema: '{ type: "object", properties: { key: { type: "string", pattern: "^[a-z-]+$" } } }',
    create: `() => ({ rewrite: context => {
      const found = context.consumers.find("badge", "key", context.query ?? "")
      return { kind: "respond", response: { status: found === undefined ? 401 : 200, body: found?.username ?? "nobody" } }
    } })`
  }))
  const gateway = await TestGateway.start(t, { plugins: [join(folder, 'badge.js')], config: soon, workers: 1 })
  await gateway.admin('PUT', 'secrets/vault/1', { uri: vault.uri, prefix: 'kv', token: vault.token })
  await gateway.admin('PUT', 'routes/1', { uri: '/', plugins: { badge: {} } })
  const put = await gateway.admin('PUT', 'consumers/jack', { username: 'jack', plugins: { badge: { key: reference('jack/key') } } })
  t.equal(put.body['value'] === undefined ? put.text : (put.body['value'] as { plugins: { badge: { key: string } } }).plugins.badge.key, reference('jack/key'))
  const who = async (key: string) => {
    const { statusCode, body } = await request(`http://127.0.0.1:${gateway.httpPort}/?${key}`)
    return `${statusCode} ${await body.text()}`
  }
  await gateway.logged('secret reference not resolved')
  t.equal(await who(reference('jack/key')), '401 nobody', 'not even by the text of the reference')
  vault.put('kv', 'jack', { key: 'canary-badge' })
  await until(async () => await who('canary-badge') === '200 jack')
  vault.put('kv', 'jack', { key: 'Canary 2' })
  await until(async () => await who('canary-badge') === '401 nobody')
  await gateway.logged(/failed to check the configuration of plugin badge err: .*\[secret\]/)
  vault.remove('kv', 'jack')
  await gateway.admin('PUT', 'consumers/jack', { username: 'jack', plugins: { badge: { key: 'tom-canary' } } })
  await until(async () => await who('tom-canary') === '200 jack')
  const stored = (await textsBelow(join(gateway.folder, 'data'))).join('')
  for (const canary of ['canary-badge', 'Canary 2', 'tom-canary']) t.notOk((gateway.output + stored).includes(canary), canary)
})

t.test('a value that a plugin does not take is told of without the value', async t => {
  const vault = await startVault(t)
  const folder = t.testdir()
  await writeFile(join(folder, 'strict.js'), pluginSource('strict', { schema: '{ type: "object", properties: { word: { type: "string", pattern: "^[a-z]+$" }, thrown: { type: "string" } } }', create: 'conf => { if (conf.thrown) throw new Error("no: " + conf.thrown); return {} }' }))
  const gateway = await TestGateway.start(t, { plugins: [join(folder, 'strict.js')], workers: 1 })
  await gateway.admin('PUT', 'secrets/vault/1', { uri: vault.uri, prefix: 'kv', token: vault.token })
  vault.put('kv', 'jack', { word: 'CANARY "quoted\\"', thrown: 'canary' })
  for (const [id, member] of [[1, 'word'], [2, 'thrown']] as const) {
    const put = await gateway.admin('PUT', `routes/${id}`, { uri: '/', plugins: { strict: { [member]: reference(`jack/${member}`) } } })
    t.equal(put.status, 201, put.text)
  }
  await until(async () => Number((await gateway.control('/v1/configuration/problems')).body['total']) === 2)
  const { text } = await gateway.control('/v1/configuration/problems')
  t.match(text, /failed to match pattern .* with .*\[secret\]/)
  t.match(text, /no: \[secret\]/)
  t.notMatch(text + gateway.output, /canary/i)
})

async function textsBelow (folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return await Promise.all(entries.filter(entry => entry.isFile()).map(async entry => await readFile(join(entry.parentPath, entry.name), 'latin1')))
}
