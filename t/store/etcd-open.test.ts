import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { openEtcdStore } from '@clinch/store'
import { startEtcd } from '../support/etcd.ts'
import type { Etcd } from '../support/etcd.ts'
import { createAuthority } from '../support/pki.ts'
import { brief, recordWatch } from './watch-recorder.ts'

/** The address of a port that nobody listens on. */
async function deadUrl (): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server's address is an object
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

t.test('an etcd that is away at open is told by its address', async t => {
  const url = await deadUrl()
  await t.rejects(openEtcdStore({ hosts: [url], timeoutMs: 3000 }), { name: 'StoreError', code: 'STORE_ERR_UNAVAILABLE', message: `${url}: connection refused` })
})

t.test('a cluster of which nobody answers has no healthy endpoint, and each reason is told', async t => {
  const hosts = [await deadUrl(), await deadUrl()] as const
  await t.rejects(openEtcdStore({ hosts, timeoutMs: 3000 }), {
    code: 'STORE_ERR_UNAVAILABLE', message: new RegExp(`^has no healthy etcd endpoint available(; (${hosts.join('|')}): connection refused){2}$`)
  })
})

t.test('hosts that are none are refused', async t => {
  await t.rejects(openEtcdStore({ hosts: [], timeoutMs: 3000 }), { code: 'STORE_ERR_REFUSED', message: 'no etcd host is configured' })
  for (const url of ['127.0.0.1:2379', 'ftp://127.0.0.1', 'http://', 'http://a/b']) {
    await t.rejects(openEtcdStore({ hosts: [url], timeoutMs: 3000 }), { code: 'STORE_ERR_REFUSED', message: `${url}: not the address of an etcd, which looks like http://127.0.0.1:2379` })
  }
})

t.test('one member that answers is enough', async t => {
  const etcd = await startEtcd(t)
  const store = await openEtcdStore({ hosts: [await deadUrl(), etcd.url, await deadUrl()], timeoutMs: 5000 })
  t.teardown(() => store.close())
  const { revision } = await store.put('/some/1', 'x')
  const watch = recordWatch(store, '/some/', { fromRevision: revision })
  for (let call = 0; call < 6; call++) await store.put('/some/2', String(call))
  await watch.until(() => watch.events.length === 7)
  t.equal((await store.get('/some/2'))?.value, '5')
})

t.test('while etcd is away every operation says so, and afterwards works again', async t => {
  const etcd = await startEtcd(t)
  const store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 3000 })
  t.teardown(() => store.close())
  await etcd.stop()
  const away = { code: 'STORE_ERR_UNAVAILABLE', message: `${etcd.url}: connection refused` }
  await store.get('/a').catch(() => {}) // may still meet the connection that was there
  await t.rejects(store.get('/a'), away)
  await t.rejects(store.list('/a'), away)
  await t.rejects(store.put('/a', 'x'), away)
  await t.rejects(store.put('/a', 'x', { ttlSeconds: 10 }), away)
  await t.rejects(store.delete('/a'), away)
  await t.rejects(store.deletePrefix('/a'), away)
  await t.rejects(store.compareAndSwap('/a', 0, 'x'), away)
  await etcd.restart()
  t.equal((await store.put('/a', 'x')).previous, undefined)
})

t.test('an etcd that hangs is given up after the timeout, and asked again over a new connection', async t => {
  const etcd = await startEtcd(t)
  const store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 300 })
  t.teardown(() => store.close())
  await etcd.hang()
  await t.rejects(store.get('/a'), { code: 'STORE_ERR_UNAVAILABLE', message: `${etcd.url}: timeout` })
  etcd.wake()
  t.equal(await store.get('/a'), undefined)
})

t.test('closing ends what is in flight', async t => {
  const etcd = await startEtcd(t)
  const store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 60_000 })
  recordWatch(store, '/', { fromRevision: 1 })
  await store.get('/a')
  await etcd.hang()
  const get = store.get('/a')
  setImmediate(() => { store.close().catch(t.threw) })
  await t.rejects(get, { code: 'STORE_ERR_CLOSED' })
})

t.test('a process that has closed its store ends by itself', async t => {
  const etcd = await startEtcd(t)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'etcd-child.ts'), etcd.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  let closedMs = 0
  child.stdout.on('data', () => { closedMs = performance.now() })
  t.same(await once(child, 'exit'), [0, null])
  t.ok(closedMs > 0 && performance.now() - closedMs < 2000)
})

t.test('what etcd refuses is told in its own words', async t => {
  const etcd = await startEtcd(t)
  const store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 3000 })
  t.teardown(() => store.close())
  // within our limit, and over etcd's, which counts the whole request
  await t.rejects(store.put('/a', 'x'.repeat(1.5 * 1024 * 1024 - 2)), { code: 'STORE_ERR_REFUSED', message: 'etcdserver: request is too large' })
})

async function addUsers (etcd: Etcd): Promise<void> {
  await etcd.ctl('user', 'add', 'root:rootpw')
  await etcd.ctl('user', 'grant-role', 'root', 'root')
  await etcd.ctl('role', 'add', 'gateway')
  await etcd.ctl('role', 'grant-permission', 'gateway', '--prefix=true', 'readwrite', '/apisix/')
  await etcd.ctl('user', 'add', 'gateway:secret')
  await etcd.ctl('user', 'grant-role', 'gateway', 'gateway')
  await etcd.ctl('auth', 'enable')
}

t.test('user and password', async t => {
  const etcd = await startEtcd(t)
  const early = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 3000, user: 'gateway', password: 'secret' })
  t.teardown(() => early.close())
  t.equal((await early.put('/apisix/early', 'x')).previous, undefined, 'they are not needed where there are no users')
  await addUsers(etcd)
  t.equal((await early.put('/apisix/early', 'y')).previous?.value, 'x', 'and used as soon as there are')

  await t.rejects(openEtcdStore({ hosts: [etcd.url], timeoutMs: 3000, user: 'gateway', password: 'wrong' }), {
    code: 'STORE_ERR_UNAUTHORIZED', message: 'etcdserver: authentication failed, invalid user ID or password'
  })
  await t.rejects(openEtcdStore({ hosts: [etcd.url], timeoutMs: 3000 }), { code: 'STORE_ERR_UNAUTHORIZED', message: 'insufficient credentials code: 401' })

  const store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 3000, user: 'gateway', password: 'secret' })
  t.teardown(() => store.close())
  await t.rejects(store.put('/other/1', 'x'), { code: 'STORE_ERR_UNAUTHORIZED', message: 'etcd forbidden code: 403' })
  const { revision } = await store.put('/apisix/1', 'one')
  const watch = recordWatch(store, '/apisix/', { fromRevision: revision })
  await watch.untilRevision('/apisix/1', revision)
  await etcd.restart() // which forgets its tokens
  const last = await store.put('/apisix/1', 'two')
  await watch.untilRevision('/apisix/1', last.revision)
  t.same(watch.events.map(brief), ['put /apisix/1 one', 'put /apisix/1 two'])
})

t.test('TLS', async t => {
  const authority = createAuthority()
  const caPem = authority.certPem
  const server = authority.issue({ sans: ['etcd.test', '127.0.0.1'] })
  const etcd = await startEtcd(t, { tls: { certPem: server.certPem, keyPem: server.keyPem, clientCaPem: caPem } })
  const { certPem, keyPem } = authority.issue({ subject: 'gateway' })
  const client = { certPem, keyPem }
  const open = async (tls: object): Promise<void> => {
    await using store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 3000, tls })
    const { revision } = await store.put('/a', 'x')
    const watch = recordWatch(store, '/a', { fromRevision: revision })
    await watch.untilRevision('/a', revision)
  }
  await t.resolves(open({ caPem, ...client }), 'with the authority and a client certificate')
  await t.resolves(open({ caPem, serverName: 'etcd.test', ...client }), 'by another name of the certificate')
  await t.resolves(open({ verify: false, ...client }), 'taking any certificate')
  const unavailable = { code: 'STORE_ERR_UNAVAILABLE' }
  await t.rejects(open(client), { ...unavailable, message: /^https:.*certificate/ }, 'not without the authority')
  await t.rejects(open({ caPem, serverName: 'other.test', ...client }), { ...unavailable, message: /other\.test/ }, 'not by a name it does not have')
  await t.rejects(open({ caPem }), unavailable, 'not without the client certificate')
})
