import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildCrl, crlPem, type CrlSpec } from '../support/crl.ts'
import { createDistributionPoint, type DistributionPoint } from '../support/distribution-point.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { echo, startUpstream } from '../support/upstream.ts'
import { dial, get, openHttp2, request, requestHttp2, type World } from './client-gateway.ts'

interface CrlWorld extends Omit<World, 'responder'> {
  readonly point: DistributionPoint
  readonly issue: () => Issued
  readonly credentialsOf: (client: Issued) => World['credentials']
}

// The times of a CRL have seconds only; a window of seconds makes it due again within seconds.
const crlOf = (authority: Authority, entries: CrlSpec['entries'], windowMs: number): Buffer =>
  buildCrl(authority, { thisUpdateMs: Date.now() - 1000, nextUpdateMs: Date.now() + windowMs, entries })

/** An mTLS name and a route that checks by CRL only, out of the clients' certificates or as `block` says. */
async function createWorld (t: Test, { block = {}, windowMs = 3_600_000 }: { block?: object, windowMs?: number } = {}): Promise<CrlWorld> {
  const point = await createDistributionPoint(t)
  const authority = createAuthority({ name: 'Client CA' })
  point.serve(crlOf(authority, [], windowMs))
  const upstream = await startUpstream({ handler: echo })
  t.teardown(async () => await upstream.close())
  const gateway = await TestGateway.start(t, { responders: [point.url] })
  const server = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', { cert: server.chainPem, key: server.keyPem, sni: 'test.com', client: { ca: authority.certPem }, ocsp_stapling: { ssl_ocsp: 'leaf', cache_ttl: 60, ...block } })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ocsp-stapling': { rejected_code: 403, unavailable_code: 503, prefer: 'crl_only' } }, upstream: { nodes: { [upstream.node]: 1 } } })
  const issue = () => authority.issue({ subject: 'client', crlUris: [point.url] })
  const client = issue()
  const credentialsOf = ({ certPem, keyPem }: Issued) => ({ cert: certPem, key: keyPem })
  return { gateway, authority, upstream, client, credentials: credentialsOf(client), point, issue, credentialsOf }
}

t.test('a refreshed CRL that lists a connected client: its connections are drained, and it does not come in again', async t => {
  const world = await createWorld(t, { windowMs: 8000 })
  const { gateway, authority, client, point } = world
  await until(async () => (await get(world)).status === 200, () => gateway.output.slice(-3000))
  const { socket } = await dial(world)
  t.equal(await request(socket), 200)
  const http2 = await openHttp2(world)
  t.equal(await requestHttp2(http2), 200)
  const ends = Promise.all([once(socket, 'close'), once(http2, 'close')])
  point.serve(crlOf(authority, [{ serial: client, reason: 1 }], 3_600_000))
  await ends // idle: closed without a request, as soon as the CRL is fetched again
  t.equal((await get(world)).status, 403)
  t.equal((await get(world, world.credentialsOf(world.issue()))).status, 200)
  await gateway.logged('client certificate is revoked')
})

t.test('a restart with the distribution point down: the CRL on disk decides on the first request', async t => {
  const world = await createWorld(t)
  const { gateway, authority, client, point } = world
  const listed = world.issue()
  point.serve(crlOf(authority, [{ serial: listed }], 3_600_000))
  await until(async () => (await get(world)).status === 200, () => gateway.output.slice(-3000))
  await gateway.stop()
  await point.stop()
  await gateway.run()
  const startedMs = performance.now()
  t.equal((await get(world, world.credentialsOf(client))).status, 200)
  t.ok(performance.now() - startedMs < 5000)
  t.equal((await get(world, world.credentialsOf(listed))).status, 403)
  const { body } = await gateway.control('/v1/ocsp/crls')
  t.match(body, { total: 1, list: [{ place: new URL(point.url).host, state: 'current', entries: 1, issuer: authority.certificate.fingerprint }] })
  t.notMatch(JSON.stringify(body), 'ca.crl', 'no path')
  t.match((await gateway.admin('GET', 'ocsp/crls')).body, { total: 1 })
  t.match((await gateway.admin('GET', `ocsp/clients/${client.certificate.fingerprint}`)).body, { list: [{ state: 'good', source: 'crl' }] })
})

t.test('ssl_crl: a file beside the gateway, read again when it changes; a wrong value is a 400 that names it', async t => {
  const world = await createWorld(t, { block: { ssl_crl: 'clients.crl' } })
  const { gateway, authority, client } = world
  const file = join(gateway.folder, 'clients.crl')
  const bare = world.credentialsOf(authority.issue({ subject: 'bare' }))
  await writeFile(file, crlPem(crlOf(authority, [], 3_600_000)))
  await until(async () => (await get(world, bare)).status === 200, () => gateway.output.slice(-3000))
  t.equal((await get(world)).status, 200)
  t.equal(world.point.count, 0, 'the file stands in front of the distribution point')
  await writeFile(file, crlPem(crlOf(authority, [{ serial: client }], 7_200_000)))
  await until(async () => (await get(world)).status === 403, () => gateway.output.slice(-3000))
  t.equal((await get(world, bare)).status, 200)
  const refused = await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { ssl_crl: 7 } })
  t.equal(refused.status, 400)
  t.match(refused.text, 'ssl_crl')
  const prefer = await gateway.admin('PATCH', 'routes/1', { plugins: { 'ocsp-stapling': { prefer: 'crlOnly' } } })
  t.equal(prefer.status, 400)
  t.match(prefer.text, 'prefer')
})
