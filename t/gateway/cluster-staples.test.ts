import { staplePolicy, statusKey } from '@clinch/ocsp-core'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { askResponder } from '../support/ask-responder.ts'
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
    start: async () => await TestGateway.start(t, { workers: 1, plugins: ['ocsp-stapling', 'prometheus'], config: { plugin_attr: { 'ocsp-stapling': { responder_timeout: 1 }, prometheus: { export_addr: { port: 0 } } }, deployment: { role_traditional: { config_provider: 'etcd' }, etcd: { host: [etcd.url], timeout: 2 } } } })
  }
}

async function scrape (gateway: TestGateway): Promise<string> {
  const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
  return await (await request(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()
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
  const nodes = [await start(), await start()]
  responder.hang()
  await nodes[0]?.admin('PUT', 'ssls/1', ssl)
  await until(() => responder.count === 1)
  for (const node of nodes) await until(async () => (await node.control('/v1/ocsp/staples')).body['total'] as unknown === 1) // both have the ssl
  await etcd.stop()
  responder.release()
  // the node that does not fetch waits for the lease of the other to lapse before it takes over
  for (const node of nodes) await until(async () => await stapleAt(node) === 'good', () => node.output.slice(-2000), 30_000)
  t.equal(responder.count, 2, 'each asked for itself')
})

t.test('89. cluster store holds a forged or foreign response: rejected by each node', async t => {
  const { etcd, authority, responder, leaf, ssl, stapleKey, start } = await clusterOf(t)
  const namesake = createAuthority({ name: authority.name })
  const liar = await createOcspResponder({ authority, delegate: namesake.issueDelegate() })
  t.teardown(async () => await liar.close())
  const other = authority.issue({ sans: ['other.test'], ocspUris: [responder.url] })
  const write = async (octets: Buffer) => await etcd.ctl('put', stapleKey, octets.toString('base64'))
  await write(Buffer.from('forged'))
  const nodes = [await start(), await start()]
  await nodes[0]?.admin('PUT', 'ssls/1', ssl)
  const rejections = (node: TestGateway) => node.output.split('staple of another node rejected').length - 1
  for (const node of nodes) {
    await until(async () => await stapleAt(node) === 'good')
    t.ok(rejections(node) >= 1, 'and it says so')
    t.match(await scrape(node), /^apisix_ocsp_cluster_rejected_total [1-9]/m, 'and counts it')
  }
  t.ok(responder.count >= 1, 'the responder was asked instead')

  const later: ReadonlyArray<readonly [what: string, octets: () => Promise<Buffer>]> = [
    ['octets that are no response', async () => Buffer.from('forged again')],
    ['forged: good, and signed by a stranger', async () => await askResponder(liar.url, leaf, authority)],
    ['foreign: about another certificate', async () => await askResponder(responder.url, other, authority)]
  ]
  for (const [what, octets] of later) {
    await t.test(`put there while the nodes run: ${what}`, async t => {
      const before = nodes.map(rejections)
      await write(await octets())
      for (const [at, node] of nodes.entries()) await until(() => rejections(node) > (before[at] ?? 0))
      for (const node of nodes) t.equal(await stapleAt(node), 'good')
    })
  }
})
