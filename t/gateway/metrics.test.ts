import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FetchMetrics } from '@clinch/gateway'
import { Registry } from 'prom-client'
import { request } from 'undici'
import t, { type Test } from 'tap'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'
import { AgentWorld, hourMs } from './agent-world.ts'

async function scraperOf (gateway: TestGateway): Promise<() => Promise<string>> {
  await gateway.logged('prometheus export server is listening')
  const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
  return async () => await (await request(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()
}

t.test('the prometheus endpoint shows handshakes and fetches of all workers and of the agent', async t => {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const leaf = authority.issue({ subject: 'a secret subject', sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  const gateway = await TestGateway.start(t, { plugins: ['ocsp-stapling', 'prometheus'], workers: 2 })
  const scrape = await scraperOf(gateway)
  const host = new URL(responder.url).host

  await t.test('before anything has happened what can be counted is there', async t => {
    const text = await scrape()
    for (const result of ['stapled', 'bare', 'not_asked', 'not_applicable']) t.match(text, `apisix_ocsp_handshakes_total{result="${result}"} 0\n`)
    for (const purpose of ['staple', 'client', 'crl']) t.match(text, `apisix_ocsp_inflight{purpose="${purpose}"} 0\n`)
    for (const cache of ['statuses', 'revoked', 'errors']) {
      t.match(text, `apisix_ocsp_cache_entries{cache="${cache}"} 0\n`)
      t.match(text, `apisix_ocsp_cache_hits_total{cache="${cache}"} 0\n`)
    }
    for (const name of ['disk', 'cluster']) t.match(text, `apisix_ocsp_${name}_rejected_total 0\n`)
  })

  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } })
  for (let round = 0; round < 6; round++) t.equal((await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple, 'good')
  await until(async () => /apisix_ocsp_handshakes_total\{result="stapled"\} 6/.test(await scrape()))
  const text = await scrape()
  const certificate = `1/${leaf.certificate.fingerprint.slice(0, 16)}`
  t.match(text, `apisix_ocsp_fetch_total{purpose="staple",result_code="good",responder="${host}"} 1\n`)
  t.match(text, `apisix_ocsp_fetch_duration_seconds_count{purpose="staple",responder="${host}"} 1\n`)
  t.match(text, `apisix_ocsp_staple_state{certificate="${certificate}",state="good"} 1\n`)
  for (const state of ['revoked', 'unknown', 'expired', 'missing', 'not_applicable', 'unverified']) t.match(text, `apisix_ocsp_staple_state{certificate="${certificate}",state="${state}"} 0\n`)
  t.match(text, `apisix_ocsp_staple_must_staple{certificate="${certificate}"} 0\n`)
  t.match(text, `apisix_ocsp_staple_failures{certificate="${certificate}"} 0\n`)
  t.match(text, /apisix_ocsp_staple_expiry_seconds\{certificate="1\/[0-9a-f]{16}"\} \d+/)
  t.match(text, /apisix_ocsp_staple_age_seconds\{certificate="1\/[0-9a-f]{16}"\} \d+/)

  await t.test('a question that is under way, and the failures in a row that come of it', async t => {
    responder.lie('badSignature')
    responder.hang()
    const refreshing = gateway.admin('POST', 'ocsp/staples/1/refresh')
    await until(async () => (await scrape()).includes('apisix_ocsp_inflight{purpose="staple"} 1\n'))
    responder.release()
    await refreshing
    const after = await scrape()
    t.match(after, 'apisix_ocsp_inflight{purpose="staple"} 0\n')
    t.match(after, `apisix_ocsp_staple_failures{certificate="${certificate}"} 1\n`)
    t.match(after, `apisix_ocsp_staple_state{certificate="${certificate}",state="good"} 1\n`, 'what is held is still sent')
  })
  t.notMatch(await scrape(), new RegExp(`${leaf.serialHex}|a secret subject`), 'no serial numbers, no subjects')
})

t.test('the prefix of the configuration stands before every name', async t => {
  const gateway = await TestGateway.start(t, { plugins: ['ocsp-stapling', 'prometheus'], workers: 1, config: { plugin_attr: { prometheus: { export_addr: { port: 0 }, metric_prefix: 'edge_' } } } })
  const names = new Set(Array.from((await (await scraperOf(gateway))()).matchAll(/^# TYPE (\S*ocsp_\S+) /gm), ([, name = '']) => name))
  t.ok(names.size > 15)
  t.same([...names].filter(name => !name.startsWith('edge_')), [])
  t.ok(names.has('edge_ocsp_client_verdict_total'))
})

const states: ReadonlyArray<readonly [state: string, arrange: (world: AgentWorld) => Promise<void>]> = [
  ['revoked', async world => {
    const leaf = world.issue('a.test')
    world.responder.revoke(leaf)
    world.put('1', leaf)
  }],
  ['unknown', async world => {
    const leaf = world.issue('a.test')
    world.responder.set(leaf, 'unknown')
    world.put('1', leaf)
  }],
  ['missing', async world => {
    world.responder.lie('tryLater')
    world.put('1', world.issue('a.test'))
    await world.fails('1')
  }],
  ['not_applicable', async world => world.put('1', world.issue('a.test', { ocspUris: [] }))],
  ['unverified', async world => {
    world.responder.lie('wrongSigner')
    world.put('1', world.issue('a.test'), { skip_verify: true })
  }],
  ['expired', async world => {
    world.put('1', world.issue('a.test'))
    await world.becomes('1', 'good')
    await world.responder.stop()
    await world.pass(24 * hourMs)
  }],
  ['not_yet_valid', async world => {
    world.put('1', world.issue('a.test'))
    await world.becomes('1', 'good')
    await world.responder.stop()
    await world.setClock(-24 * hourMs)
  }]
]
for (const [state, arrange] of states) {
  t.test(`a certificate whose staple is ${state} is in that state and in no other, as metrics and APIs tell it`, async t => {
    const world = await AgentWorld.create(t)
    await arrange(world)
    await world.becomes('1', state)
    const shown = Array.from((await world.metrics()).matchAll(/x_ocsp_staple_state\{certificate="1\/[0-9a-f]{16}",state="(\w+)"\} 1\n/g), ([, current]) => current)
    t.same(shown, [state])
    t.equal(world.agent.inspection.staples()[0]?.state, state)
  })
}

t.test('a must-staple certificate is marked, and one that is gone is no series any more', async t => {
  const world = await AgentWorld.create(t)
  world.put('1', world.issue('a.test', { mustStaple: true }))
  await world.becomes('1', 'good')
  t.match(await world.metrics(), /x_ocsp_staple_must_staple\{certificate="1\/[0-9a-f]{16}"\} 1\n/)
  world.agent.take([])
  t.notMatch(await world.metrics(), 'certificate=')
})

t.test('hosts do not become labels without end, and one that the guard refuses is none', async t => {
  const registry = new Registry()
  const metrics = new FetchMetrics(registry, '')
  for (let n = 0; n < 300; n++) await metrics.measure('client', async () => n, () => ({ code: 'good', responder: `http://n${n}.test/path?secret` }))
  await metrics.measure('staple', async () => 0, () => ({ code: 'good', responder: 'http://ours.test/' }))
  const text = await registry.metrics()
  const hosts = new Set(Array.from(text.matchAll(/ocsp_fetch_total\{purpose="client",.*responder="([^"]*)"/g), ([, host]) => host))
  t.equal(hosts.size, 201)
  t.match(text, 'ocsp_fetch_total{purpose="client",result_code="good",responder="other"} 100')
  t.match(text, 'responder="ours.test"', 'those of clients take no room from ours')
  t.notMatch(text, 'secret')

  const world = await AgentWorld.create(t)
  await world.check(world.issue('client', { ocspUris: ['http://127.0.0.1:8000/'] }))
  t.match(await world.metrics(), 'x_ocsp_fetch_total{purpose="client",result_code="OCSP_ERR_URL_REFUSED",responder=""} 1')
})

t.test('a question that breaks is counted and is no longer under way', async t => {
  const registry = new Registry()
  const metrics = new FetchMetrics(registry, '')
  await t.rejects(metrics.measure('crl', async () => { throw new Error('broken') }, () => ({ code: 'crl' })), { message: 'broken' })
  t.match(await registry.metrics(), 'ocsp_fetch_total{purpose="crl",result_code="broken",responder=""} 1')
  t.match(await registry.metrics(), 'ocsp_inflight{purpose="crl"} 0')
})

t.test('what did not verify on disk is counted', async (t: Test) => {
  const folder = t.testdir({ staples: {}, clients: { [`${'ab'.repeat(32)}.pem`]: 'no revocation' } })
  await writeFile(join(folder, 'note'), '')
  const world = await AgentWorld.create(t, { folder })
  await until(async () => (await world.metrics()).includes('x_ocsp_disk_rejected_total 1\n'))
  t.match(world.logged('revocation on disk rejected'), [{ level: 40 }])
})
