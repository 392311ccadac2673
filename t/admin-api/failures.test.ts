import { request } from 'node:https'
import t from 'tap'
import { StoreError, type Store } from '@clinch/store'
import { createAuthority } from '../support/pki.ts'
import { adminKey, openStore, startAdmin } from './admin-server.ts'

t.test('a store that fails is a 503 with its reason', async t => {
  const store = await openStore(t)
  const failing = (error: Error) => new Proxy(store, {
    get: (target, name) => name === 'get' || name === 'list' || name === 'put' || name === 'delete' ? async () => { throw error } : Reflect.get(target, name) as unknown
  }) satisfies Store
  const gone = await startAdmin(t, { store: failing(new StoreError('STORE_ERR_UNAVAILABLE', { detail: 'has no healthy etcd endpoint available' })) })
  for (const [method, path, body] of [['GET', '/1'], ['GET', ''], ['PUT', '/1', { uri: '/a', plugins: {} }], ['DELETE', '/1'], ['PATCH', '/1', {}], ['POST', '', { uri: '/a', plugins: {} }], ['PUT', '/1', { uri: '/a', upstream_id: 'u' }]] as const) {
    const reply = await gone.send(method, `/apisix/admin/routes${path}`, body)
    t.equal(reply.status, 503)
    t.equal(reply.text, '{"error_msg":"has no healthy etcd endpoint available"}\n')
  }
  t.ok(gone.lines.some(line => line.includes('store failed')))

  const broken = await startAdmin(t, { store: failing(new TypeError('a bug')) })
  const reply = await broken.send('GET', '/apisix/admin/routes')
  t.equal(reply.status, 500)
  t.equal(reply.text, '{"error_msg":"internal error"}\n')
})

t.test('over HTTPS a client certificate can be made mandatory', async t => {
  const authority = createAuthority()
  const server = authority.issue({ subject: 'localhost', sans: ['localhost'] })
  const { api, url } = await startAdmin(t, { tls: { certPem: server.chainPem, keyPem: server.keyPem, clientCaPem: authority.certPem } })
  const { port } = new URL(url)
  const ask = (client: { certPem: string, keyPem: string } | undefined): Promise<number | undefined> => new Promise((resolve, reject) => {
    const identity = client === undefined ? {} : { cert: client.certPem, key: client.keyPem }
    request({ host: '127.0.0.1', port, path: '/apisix/admin/routes', servername: 'localhost', ca: authority.certPem, headers: { 'x-api-key': adminKey }, agent: false, ...identity }, response => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject).end()
  })
  t.equal(await ask(authority.issue({ subject: 'operator' })), 200)
  t.equal(await ask(undefined), 400)
  t.equal(await ask(createAuthority({ name: 'Stranger' }).issue({ subject: 'operator' })), 400)
  await api.close()
})

t.test('over HTTPS without a CA no client certificate is asked for', async t => {
  const authority = createAuthority()
  const server = authority.issue({ subject: 'localhost', sans: ['localhost'] })
  const { url } = await startAdmin(t, { tls: { certPem: server.chainPem, keyPem: server.keyPem } })
  await new Promise<void>((resolve, reject) => {
    request({ host: '127.0.0.1', port: new URL(url).port, path: '/apisix/admin', method: 'HEAD', servername: 'localhost', ca: authority.certPem, agent: false }, response => {
      t.equal(response.statusCode, 200)
      response.resume()
      resolve()
    }).on('error', reject).end()
  })
})

t.test('closing lets a request end that is being answered', async t => {
  const store = await openStore(t)
  const [reading, mayRead] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  const slow = new Proxy(store, {
    get: () => async () => {
      reading.resolve(undefined)
      await mayRead.promise
    }
  }) satisfies Store
  const { api, send } = await startAdmin(t, { store: slow })
  const reply = send('GET', '/apisix/admin/routes/1')
  await reading.promise
  const closed = api.close()
  mayRead.resolve(undefined)
  t.equal((await reply).status, 404)
  await closed
  await t.rejects(send('GET', '/apisix/admin/routes/1'))
})

t.test('a port that is taken is an error of listen', async t => {
  const first = await startAdmin(t)
  const second = await startAdmin(t)
  await t.rejects(second.api.listen({ host: '127.0.0.1', port: Number(new URL(first.url).port) }))
})
