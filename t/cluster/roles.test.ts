import { openEtcdStore } from '@clinch/store'
import t from 'tap'
import { startEtcd, type Etcd } from '../support/etcd.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'
import { sClient } from '../support/s-client.ts'

/** `reader` may read what is below the prefix, and nothing else; `sharer` may also write what machines share. */
async function addUsers (etcd: Etcd): Promise<void> {
  await etcd.ctl('user', 'add', 'root:rootpw')
  await etcd.ctl('user', 'grant-role', 'root', 'root')
  for (const user of ['reader', 'sharer']) {
    await etcd.ctl('role', 'add', user)
    await etcd.ctl('role', 'grant-permission', user, '--prefix=true', 'read', '/apisix/')
    await etcd.ctl('user', 'add', `${user}:secret`)
    await etcd.ctl('user', 'grant-role', user, user)
  }
  await etcd.ctl('role', 'grant-permission', 'sharer', '--prefix=true', 'readwrite', '/apisix/clinch/')
  await etcd.ctl('auth', 'enable')
}

t.test('a control plane writes and serves nothing; a data plane serves and writes nothing', async t => {
  const etcd = await startEtcd(t)
  await addUsers(etcd)
  const store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 5000, user: 'root', password: 'rootpw' })
  t.teardown(async () => await store.close())
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(async () => await responder.close())
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')

  const start = async (deployment: object) => await TestGateway.start(t, { workers: 1, plugins: ['ocsp-stapling', 'key-auth'], config: { deployment } })
  const controlPlane = await start({ role: 'control_plane', role_control_plane: { config_provider: 'etcd' }, etcd: { host: [etcd.url], timeout: 5, user: 'root', password: 'rootpw' } })
  t.notMatch(controlPlane.output, /^ {2}https? /m, 'no port for traffic')
  t.same((await controlPlane.control('/v1/workers')).body, { list: [] })
  t.equal((await controlPlane.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } })).status, 201)
  t.equal((await controlPlane.admin('PUT', 'consumers', { username: 'jack', plugins: { 'key-auth': { key: '$env://NOT_HERE' } } })).status, 201)

  const { revision } = await store.list('/apisix/')
  const dataPlane = await start({ role: 'data_plane', role_data_plane: { config_provider: 'etcd' }, etcd: { host: [etcd.url], timeout: 5, user: 'reader', password: 'secret' } })
  t.notMatch(dataPlane.output, /^ {2}admin /m, 'no Admin API')
  await until(async () => (await sClient({ port: dataPlane.httpsPort, servername: 'test.com' })).staple === 'good')
  t.equal(responder.count, 1, 'the control plane has not asked')
  t.equal((await store.list('/apisix/')).revision, revision, 'nothing was written')
  t.match(dataPlane.output, 'staples are not shared: this machine may not write to the store')
  t.notOk((await dataPlane.admin('GET', 'routes').catch(() => undefined)))

  await t.test('what a control plane says of OCSP', async t => {
    const elsewhere = { error_msg: 'this process runs no OCSP agent: ask the control API of a machine that serves traffic (GET /v1/ocsp/staples)' }
    for (const path of ['staples', 'staples/1', 'clients', 'crls']) t.match(await controlPlane.admin('GET', `ocsp/${path}`), { status: 503, body: elsewhere }, path)
    t.match(await controlPlane.admin('POST', 'ocsp/staples/1/refresh'), { status: 503, body: elsewhere })
    t.match((await controlPlane.control('/v1/ocsp/staples')).body, { total: 0, list: [] })
    const explained = await controlPlane.admin('POST', 'ocsp/explain', { cert: leaf.chainPem })
    t.match(explained, { status: 200, body: { verdict: { kind: 'good' } } }, 'it explains all the same')
  })

  await t.test('a data plane that may write what machines share, shares its staples', async t => {
    const sharing = await start({ role: 'data_plane', role_data_plane: { config_provider: 'etcd' }, etcd: { host: [etcd.url], timeout: 5, user: 'sharer', password: 'secret' } })
    await until(async () => (await sClient({ port: sharing.httpsPort, servername: 'test.com' })).staple === 'good')
    await until(async () => (await store.list('/apisix/clinch/ocsp/staples/')).entries.length === 1)
    t.notMatch(sharing.output, 'staples are not shared')
  })

  await t.test('references are resolved where they are used', async t => {
    t.match((await controlPlane.control('/v1/configuration/problems')).body, { total: 0 })
    t.match((await dataPlane.control('/v1/configuration/problems')).body, { total: 1, list: [{ key: 'consumers/jack' }] })
  })
})
