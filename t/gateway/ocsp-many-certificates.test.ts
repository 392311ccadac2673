import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createOcspResponder, type OcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority } from '../support/pki.ts'
import { residentMiB } from '../support/resident-memory.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { shakeHands, stapledStatus } from '../support/staple-client.ts'
import { storeSsls } from '../support/stored-ssls.ts'

const count = 10_000
const spreadMs = 30_000 // of as many as these (ocsp.md 8.3)
const watchedMs = 4000
const perResponder = 4

t.test('104. 10 000 certificates at start: ready at once, fetches spread, memory bounded', async t => {
  const authority = createAuthority()
  const [quick, slow] = [await responderOf(t, authority), await responderOf(t, authority)]
  slow.delay(50)
  const folder = await mkdtemp(join(tmpdir(), 'clinch-many-'))
  t.teardown(async () => await rm(folder, { recursive: true, force: true }))
  const { leaves, nameOf } = await storeSsls(join(folder, 'data'), count, authority, id => (id % 2 === 0 ? quick : slow).url)
  const gateway = await TestGateway.start(t, { folder, workers: 2, config: { clinch: { data_dir: 'data', log_level: 'warn' } } })

  await t.test('ready: any of them is served, though hardly any was fetched', async t => {
    t.ok(quick.count + slow.count < count / 2, `${quick.count + slow.count} fetched by then`)
    const ids = Array.from({ length: 20 }, (_, at) => at * 499)
    const handshakes = await Promise.all(ids.map(async id => await shakeHands(gateway.httpsPort, nameOf(id))))
    t.same(handshakes.map(({ certificate }) => certificate?.fingerprint), ids.map(id => leaves[id]?.certificate.fingerprint))
    for (const handshake of handshakes) t.ok(['good', 'none'].includes(stapledStatus(handshake, authority)), 'stapled if its turn came in time')
  })

  await t.test('fetches spread: no burst, no more at once than one responder has places', async t => {
    const before = quick.count
    await sleep(watchedMs) // what comes in a time is what is measured
    const came = quick.count - before
    const expected = count / 2 * watchedMs / spreadMs
    t.ok(came > expected / 2 && came < expected * 2, `${came} where ${expected} are expected`)
    for (const responder of [quick, slow]) t.ok(responder.mostAtOnce <= perResponder, `${responder.mostAtOnce} at once`)
    t.ok(slow.count < quick.count, 'the slow responder holds up its own certificates only')
  })

  await t.test('a certificate that is PUT meanwhile is stapled while most of the others wait', async t => {
    const leaf = authority.issue({ sans: ['new.test'], ocspUris: [quick.url] })
    t.equal((await gateway.admin('PUT', 'ssls/new', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'new.test', ocsp_stapling: { enabled: true } })).status, 201)
    await until(async () => await shakeHands(gateway.httpsPort, 'new.test').then(handshake => stapledStatus(handshake, authority) === 'good', () => false)) // a worker takes a change over in its own time
    t.ok(quick.count + slow.count < count * 3 / 4, `${quick.count + slow.count} fetched by then`)
  })

  await t.test('memory bounded', async t => {
    const { body: { list } } = await gateway.control('/v1/workers')
    const workers = list as unknown as ReadonlyArray<{ pid: number }>
    t.ok(residentMiB(gateway.pid) < 1024, `${residentMiB(gateway.pid)} MiB in the primary`)
    for (const { pid } of workers) t.ok(residentMiB(pid) < 512, `${residentMiB(pid)} MiB in a worker`)
  })
})

async function responderOf (t: Test, authority: Authority): Promise<OcspResponder> {
  const responder = await createOcspResponder({ authority, windowMs: 24 * 3_600_000 })
  t.teardown(async () => await responder.close())
  return responder
}
