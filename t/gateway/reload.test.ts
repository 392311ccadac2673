import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'
import t from 'tap'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'

// A reload reaches every worker.
const gateway = await TestGateway.start(t, { plugins: ['request-id'], workers: 2 })

t.test('the ocsp_stapling block of an ssl exists while the plugin is loaded', async t => {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  const ssl = { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } }
  const reload = async (plugins: readonly string[]) => {
    await gateway.writePlugins(plugins)
    const answer = await gateway.admin('PUT', 'plugins/reload')
    t.equal(answer.status, 200)
    t.equal(answer.text, 'done')
  }

  await t.test('not loaded: the field is refused', async t => {
    const refused = await gateway.admin('PUT', 'ssls/1', ssl)
    t.equal(refused.status, 400)
    t.equal(refused.body['error_msg'], 'invalid configuration: additional properties forbidden, found ocsp_stapling')
  })

  await t.test('loaded by a reload: it is taken, stored with its defaults, and stapled at once', async t => {
    await reload(['request-id', 'ocsp-stapling'])
    const taken = await gateway.admin('PUT', 'ssls/1', ssl)
    t.equal(taken.status, 201, taken.text)
    const stored = await gateway.admin('GET', 'ssls/1')
    t.match(stored.body, { value: { ocsp_stapling: { enabled: true, skip_verify: false, cache_ttl: 3600, ssl_ocsp: 'off', ssl_stapling_responder: '' } } })
    t.equal((await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple, 'good')
  })

  await t.test('taken out by a reload: the certificate is served without a staple', async t => {
    await reload(['request-id'])
    t.equal((await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple, 'none')
    t.equal((await gateway.admin('PUT', 'ssls/2', ssl)).status, 400)
  })

  await t.test('loaded again: what was stored before is stapled again', async t => {
    await reload(['ocsp-stapling'])
    await until(async () => (await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple === 'good')
    t.pass()
  })
})

t.test('a plugin file of the operator\'s own is loaded by path, and again when it changed', async t => {
  const write = async (answer: string) => {
    await writeFile(join(gateway.folder, 'greeter.ts'), `
      export default {
        name: 'greeter', version: 0.1, priority: 1, schema: { type: 'object', properties: { name: { type: 'string' } } },
        create: (conf: { name: string }) => ({ access: () => ({ kind: 'respond', response: { status: 200, body: '${answer} ' + conf.name } }) })
      }`)
  }
  const get = async () => await (await request(`http://127.0.0.1:${gateway.httpPort}/hello`)).body.text()
  await write('hello')
  await gateway.writePlugins(['./greeter.ts'])
  t.equal((await gateway.admin('PUT', 'plugins/reload')).text, 'done')
  t.same(JSON.parse((await gateway.admin('GET', 'plugins/list')).text), ['greeter'])
  t.equal((await gateway.admin('PUT', 'routes/1', { uri: '/hello', plugins: { greeter: { name: 'operator' } } })).status, 201)
  await until(async () => await get() === 'hello operator')

  await write('good morning')
  await gateway.admin('PUT', 'plugins/reload')
  t.equal(await get(), 'good morning operator')
})

t.test('a config.yaml that is wrong is refused by a reload, and everything stays as it was', async t => {
  const before = await readFile(gateway.configFile, 'utf8')
  const plugins = (await gateway.admin('GET', 'plugins/list')).text
  await writeFile(gateway.configFile, 'apisix:\n  node_lisen: 9080\n')
  const answer = await gateway.admin('PUT', 'plugins/reload')
  t.equal(answer.status, 503)
  t.match(String(answer.body['error_msg']), /config\.yaml:2: apisix\.node_lisen: /)
  t.equal((await gateway.admin('GET', 'plugins/list')).text, plugins)
  await writeFile(gateway.configFile, before)
})

t.test('ten reloads under load lose no request', async t => {
  await gateway.writePlugins(['request-id', 'ip-restriction'])
  await gateway.admin('PUT', 'plugins/reload')
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ip-restriction': { blacklist: ['127.0.0.1'] } } })
  await until(async () => (await request(`http://127.0.0.1:${gateway.httpPort}/`)).statusCode === 403)
  const reloading = new AbortController()
  let answered = 0
  const load = Array.from({ length: 8 }, async () => {
    while (!reloading.signal.aborted) {
      const { statusCode, body } = await request(`http://127.0.0.1:${gateway.httpPort}/`)
      await body.dump()
      if (statusCode !== 403) throw new Error(`status ${statusCode}`)
      answered++
    }
  })
  for (let round = 0; round < 10; round++) t.equal((await gateway.admin('PUT', 'plugins/reload')).status, 200)
  reloading.abort()
  await Promise.all(load)
  t.ok(answered > 0, `${answered} requests`)
})
