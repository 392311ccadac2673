import { staplePolicy, statusKey } from '@clinch/ocsp-core'
import t, { type Test } from 'tap'
import { startEtcd, type Etcd } from '../support/etcd.ts'
import { createOcspResponder, type OcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'

interface Cluster {
  readonly etcd: Etcd
  readonly authority: Authority
  readonly responder: OcspResponder
  readonly leaf: Issued
  readonly ssl: object
  /** Where the staple of `leaf` is kept in the store. */
  readonly stapleKey: string
  start (): Promise<TestGateway>
}

async function clusterOf (t: Test): Promise<Cluster> {
  const etcd = await startEtcd(t)
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  return {
    etcd,
    authority,
    responder,
    leaf,
    ssl: { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } },
    stapleKey: `/apisix/clinch/ocsp/staples/${statusKey(leaf.certificate, authority.certificate, staplePolicy)}`,
    start: async () => await TestGateway.start(t, { workers: 1, config: { plugin_attr: { 'ocsp-stapling': { responder_timeout: 1 } }, deployment: { role_traditional: { config_provider: 'etcd' }, etcd: { host: [etcd.url], timeout: 2 } } } })
  }
}

const stapleAt = async (gateway: TestGateway) => (await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple

t.test('90. two nodes start together: one fetch', async t => {
  const { responder, ssl, start } = await clusterOf(t)
  const nodes = await Promise.all([start(), start()])
  await nodes[0]?.admin('PUT', 'ssls/1', ssl)
  for (const node of nodes) await until(async () => await stapleAt(node) === 'good')
  t.equal(responder.count, 1)

  await t.test('and a node that comes later takes the staple from the cluster', async t => {
    const later = await start()
    t.equal(await stapleAt(later), 'good')
    t.equal(responder.count, 1)
  })
})

t.test('90. kill the holder: the other takes over', async t => {
  const { etcd, responder, ssl, start } = await clusterOf(t)
  const nodes = [await start(), await start()]
  responder.hang()
  await nodes[0]?.admin('PUT', 'ssls/1', ssl)
  await until(() => responder.count === 1)
  const holder = (await etcd.ctl('get', '--prefix', '/apisix/clinch/ocsp/leases/', '--print-value-only')).trim()
  const [dying, surviving] = (nodes[0]?.output.includes(holder) === true ? nodes : nodes.toReversed()) as [TestGateway, TestGateway]
  await dying.stop('SIGKILL')
  responder.release()
  await until(async () => await stapleAt(surviving) === 'good', () => surviving.output.slice(-2000))
  t.pass()
})

t.test('91. store unreachable: nodes fetch alone', async t => {
  const { etcd, responder, ssl, start } = await clusterOf(t)
  const node = await start()
  responder.hang()
  await node.admin('PUT', 'ssls/1', ssl)
  await until(() => responder.count === 1)
  await etcd.stop()
  responder.release()
  await until(async () => await stapleAt(node) === 'good', () => node.output.slice(-2000))
  t.pass()
})

t.test('89. cluster store holds a forged or foreign response: rejected by each node', async t => {
  const { etcd, responder, ssl, stapleKey, start } = await clusterOf(t)
  await etcd.ctl('put', stapleKey, Buffer.from('forged').toString('base64'))
  const nodes = [await start(), await start()]
  await nodes[0]?.admin('PUT', 'ssls/1', ssl)
  for (const node of nodes) {
    await until(async () => await stapleAt(node) === 'good')
    t.ok(node.output.includes('staple of another node rejected'), 'and it says so')
  }
  t.ok(responder.count >= 1, 'the responder was asked instead')

  await t.test('also when it is put there later', async t => {
    await etcd.ctl('put', stapleKey, Buffer.from('forged again').toString('base64'))
    for (const node of nodes) await until(() => node.output.split('staple of another node rejected').length > 2)
    for (const node of nodes) t.equal(await stapleAt(node), 'good')
  })
})
