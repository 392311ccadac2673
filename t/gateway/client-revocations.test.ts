import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { ClientWorld, dayMs, hourMs, minuteMs } from './client-world.ts'

// what is being written is aside
const files = async (world: ClientWorld): Promise<string[]> => (await readdir(world.folder).catch(() => [])).filter(file => file.endsWith('.pem'))

t.test('revoked, verified, past nextUpdate, sources away: revoked still', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 10 * minuteMs } })
  const client = world.issue('revoked')
  t.match(await world.check(client), { kind: 'revoked', source: 'ocsp' })
  t.match(await world.check(client), { kind: 'revoked', source: 'cache' })
  t.equal(world.responder.count, 1)
  await world.responder.stop()
  for (const passedMs of [11 * minuteMs, dayMs, 20 * dayMs]) {
    world.clock.ms += passedMs
    t.match(await world.check(client), { kind: 'revoked', source: 'cache' })
  }
})

t.test('revoked (hold), then good with later thisUpdate', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue()
  world.responder.revoke(client, { reason: 6 })
  t.match(await world.check(client), { kind: 'revoked' })
  await until(async () => (await files(world)).length === 1)

  world.responder.set(client, 'good')
  t.match(await world.check(client), { kind: 'revoked' }, 'from memory')
  world.clock.ms += hourMs
  t.match(await world.check(client), { kind: 'good' })
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'good', source: 'cache' })
  await until(async () => (await files(world)).length === 0)
  t.match(world.recorder.messages(30), ['client certificate is no longer on hold'])
  t.match(world.news, [{ kind: 'verdict', verdict: { kind: 'revoked' } }, { kind: 'verdict', verdict: { kind: 'good' } }])
})

t.test('older good replayed after revoked was seen: ignored, revoked stays', async t => {
  let shiftMs = 0
  const world = await ClientWorld.create(t, { responder: { windowMs: 3 * hourMs, shape: spec => ({ ...spec, entries: spec.entries.map(entry => ({ ...entry, thisUpdate: Number(entry.thisUpdate) - shiftMs })) }) } })
  const client = world.issue('revoked')
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'revoked' })
  world.responder.set(client, 'good')
  shiftMs = 30 * minuteMs
  world.clock.ms += 5 * minuteMs
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'revoked' })
  t.equal(world.responder.count, 2, 'it was asked')
})

t.test('a revoked client stays out after a restart with the responder down, past nextUpdate too', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 10 * minuteMs } })
  const client = world.issue('revoked')
  await world.check(client)
  await world.stop()
  const [file = ''] = await files(world)
  t.match(file, /^[0-9a-f]{64}\.pem$/)
  t.equal((await stat(join(world.folder, file))).mode & 0o777, 0o600)

  await world.responder.stop()
  world.clock.ms += dayMs
  await world.restart()
  t.match(await world.check(client), { kind: 'revoked', source: 'cache' })

  await t.test('it is shown without having been asked for', async t => {
    await world.restart()
    await until(() => world.checker.views.length === 1)
    t.match(world.checker.views, [{ fingerprint: client.certificate.fingerprint, state: 'revoked', source: 'disk' }])
    t.notMatch(JSON.stringify(world.checker.views), 'CN=')
  })

  await t.test('it is gone with the certificate', async t => {
    world.clock.ms = client.certificate.notAfterMs
    await world.restart()
    await until(async () => (await files(world)).length === 0)
    t.same(world.checker.views, [])
  })
})

t.test('disk file corrupt, truncated, replaced by another certificate\'s response, forged: rejected, fetched again', async t => {
  const world = await ClientWorld.create(t)
  const [client, other] = [world.issue('revoked'), world.issue('revoked')]
  await world.check(client)
  await until(async () => (await files(world)).length === 1)
  const [name = ''] = await files(world)
  await world.check(other)
  await world.stop()
  const [second = ''] = (await files(world)).filter(file => file !== name)
  const [text, ofOther] = await Promise.all([name, second].map(async file => await readFile(join(world.folder, file), 'utf8'))) as [string, string]
  const stranger = createAuthority({ name: 'Client CA' })
  const cases: ReadonlyArray<readonly [what: string, text: string]> = [
    ['corrupt', text.replace(/[A-Za-z](?=[^A-Za-z]*-----END OCSP)/, 'B').replace(/^(?=\w{60})(.{20})./gm, '$1A')],
    ['truncated', text.slice(0, -40)],
    ['empty', ''],
    ['of another certificate', ofOther],
    ['with an issuer that is none', text.replace(/(-----END CERTIFICATE-----\n)-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----\n/, `$1${stranger.certPem}`)],
    ['from the future', text.replace(/^verified \S+/, `verified ${new Date(world.clock.ms + hourMs).toISOString()}`)],
    ['without an instant', text.replace(/^verified .*\n/, '')]
  ]
  for (const [what, forged] of cases) {
    await writeFile(join(world.folder, name), forged)
    const before = world.responder.count
    await world.restart()
    t.match(await world.check(client), { kind: 'revoked', source: 'ocsp' }, what)
    t.equal(world.responder.count, before + 1, what)
    t.match(await world.metrics(), 'ocsp_disk_rejected_total 1', what)
    await world.stop()
  }
  t.equal(world.recorder.messages(40).filter(message => message === 'revocation on disk rejected').length, cases.length)
})

t.test('cache full of good client statuses, then a revoked one, then a flood: revoked still known', async t => {
  const world = await ClientWorld.create(t, { limits: { maxStatuses: 5 } })
  const flood = async (): Promise<void> => { for (let n = 0; n < 12; n++) await world.check(world.issue()) }
  await flood()
  const revoked = world.issue('revoked')
  await world.check(revoked)
  await flood()
  const before = world.responder.count
  t.match(await world.check(revoked), { kind: 'revoked', source: 'cache' })
  t.equal(world.responder.count, before)
  t.match(await world.metrics(), /ocsp_cache_entries\{cache="statuses"\} 5\n.*ocsp_cache_entries\{cache="revoked"\} 1\n/)
})

t.test('revocations are bounded, on disk too', async t => {
  const world = await ClientWorld.create(t, { limits: { maxRevoked: 3 } })
  for (let n = 0; n < 5; n++) await world.check(world.issue('revoked'))
  await until(async () => (await files(world)).length === 3)
  t.equal(world.checker.sizes.revoked, 3)
})

t.test('what an operator sees, and what he purges', async t => {
  const world = await ClientWorld.create(t)
  const [good, revoked, lost] = [world.issue(), world.issue('revoked'), world.issue()]
  await world.check(good)
  await world.check(revoked)
  await until(async () => (await files(world)).length === 1)
  await world.responder.stop()
  await world.check(lost)
  const host = new URL(world.responder.url).host
  t.match(world.checker.views, [
    { fingerprint: revoked.certificate.fingerprint, state: 'revoked', source: 'ocsp', responder: host, ssl_id: 'ssl1', since: /^\d{4}-/, usable_end: /^\d{4}-/, known_until: /^\d{4}-/, code: undefined },
    { fingerprint: good.certificate.fingerprint, state: 'good', source: 'ocsp', responder: host, ssl_id: 'ssl1' },
    { fingerprint: lost.certificate.fingerprint, state: 'indeterminate', source: undefined, code: 'OCSP_ERR_RESPONDER_CONNECT', ssl_id: 'ssl1' }
  ])
  world.news.length = 0
  for (const { certificate: { fingerprint } } of [good, revoked, lost]) t.equal(await world.checker.forget(fingerprint), true)
  t.equal(await world.checker.forget(good.certificate.fingerprint), false)
  t.same(world.checker.views, [])
  t.match(world.news, [{ kind: 'forgotten', fingerprint: good.certificate.fingerprint }, { kind: 'forgotten' }, { kind: 'forgotten' }])
  await until(async () => (await files(world)).length === 0)
})

t.test('a part of a fingerprint purges nothing', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue()
  await world.check(client, { responder: world.responder.url })
  await world.check(client)
  t.equal(await world.checker.forget(client.certificate.fingerprint.slice(0, 20)), false)
  t.equal(world.checker.views.length, 2)
  t.equal(await world.checker.forget(client.certificate.fingerprint), true, 'whichever responder was asked')
  t.same(world.checker.views, [])
})

t.test('a revocation is purged from disk just after a start too, when it was not read yet', async t => {
  const world = await ClientWorld.create(t)
  const clients = Array.from({ length: 5 }, () => world.issue('revoked'))
  for (const client of clients) await world.check(client)
  await until(async () => (await files(world)).length === clients.length)
  for (const [at, { certificate: { fingerprint } }] of clients.entries()) {
    await world.restart()
    t.equal(await world.checker.forget(fingerprint), true)
    await until(async () => (await files(world)).length === clients.length - at - 1)
  }
  await world.restart()
  t.equal(await world.checker.forget(clients[0]?.certificate.fingerprint ?? ''), false)
})

t.test('a revocation counts whichever responder is asked', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue('revoked')
  await world.check(client)
  t.match(await world.check(client, { responder: 'http://127.0.0.1:1/' }), { kind: 'revoked' })
})

t.test('when what is accepted changes, clients are asked about anew, and those that are revoked stay so', async t => {
  const world = await ClientWorld.create(t)
  const [good, revoked] = [world.issue(), world.issue('revoked')]
  for (const client of [good, revoked]) await world.check(client)
  world.news.length = 0
  world.checker.policyChanged()
  t.same(world.news, [{ kind: 'allForgotten' }])
  t.match(await world.check(good), { kind: 'good', source: 'ocsp' })
  t.match(await world.check(revoked), { kind: 'revoked', source: 'cache' })
})
