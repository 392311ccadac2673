import t from 'tap'
import type { ClientVerdict } from '@clinch/plugins'
import { until } from '../support/gateway.ts'
import { ClientWorld, dayMs, hourMs, minuteMs } from './client-world.ts'

const secondMs = 1000
const codeOf = (verdict: ClientVerdict): string => verdict.kind === 'indeterminate' ? verdict.code : verdict.kind

t.test('1000 handshakes with one unknown client certificate at once: one fetch', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue()
  world.responder.hang()
  const waiting = Array.from({ length: 1000 }, async () => await world.check(client))
  await until(() => world.responder.count === 1)
  world.responder.release()
  const verdicts = await Promise.all(waiting)
  t.ok(verdicts.every(({ kind }) => kind === 'good'))
  t.equal(world.responder.count, 1)
})

t.test('one waiter gives up: the others get their answer', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue()
  world.responder.hang()
  const patient = world.check(client, { deadlineMs: 30_000 })
  t.equal(codeOf(await world.check(client, { deadlineMs: 50 })), 'OCSP_ERR_RESPONDER_TIMEOUT')
  world.responder.release()
  t.match(await patient, { kind: 'good' })
  t.equal(world.responder.count, 1)
})

t.test('an answer that comes after its waiter gave up is of use to the next', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue()
  world.responder.hang()
  t.equal(codeOf(await world.check(client, { deadlineMs: 50 })), 'OCSP_ERR_RESPONDER_TIMEOUT')
  world.responder.release()
  t.match(await world.check(client), { kind: 'good' })
  t.equal(world.responder.count, 1)
})

t.test('responder down, 1000 clients, hard mode: one timeout per error-cache interval, then immediate answers', async t => {
  const world = await ClientWorld.create(t)
  world.responder.hang()

  await t.test('1000 with one certificate', async t => {
    const client = world.issue()
    const verdicts = await Promise.all(Array.from({ length: 1000 }, async () => await world.check(client)))
    t.ok(verdicts.every(verdict => codeOf(verdict) === 'OCSP_ERR_RESPONDER_TIMEOUT'))
    t.equal(world.responder.count, 1)
    const startedMs = performance.now()
    for (let n = 0; n < 1000; n++) t.equal(codeOf(await world.check(client)), 'OCSP_ERR_RESPONDER_TIMEOUT')
    t.ok(performance.now() - startedMs < 1000, 'immediate')
    t.equal(world.responder.count, 1, 'nobody was asked')
    world.clock.ms += 30 * secondMs
    await world.check(client)
    t.equal(world.responder.count, 2, 'asked again in the next interval')
  })

  await t.test('1000 with a certificate each', async t => {
    const key = world.issue().privateKey
    const clients = Array.from({ length: 1000 }, () => world.issue('good', { key }))
    const before = world.responder.count
    const startedMs = performance.now()
    const codes = new Set((await Promise.all(clients.map(async client => await world.check(client)))).map(codeOf))
    t.ok(performance.now() - startedMs < 3500, 'the deadline of one, and not of a thousand')
    t.ok([...codes].every(code => ['OCSP_ERR_RESPONDER_TIMEOUT', 'OCSP_ERR_OVERLOADED', 'OCSP_ERR_RESPONDER_SUSPENDED'].includes(code)), [...codes].join())
    t.ok(world.responder.count - before <= 40, `${world.responder.count - before}: as many as there are places for one responder, and the few that came free before it was suspended`)
    const againMs = performance.now()
    const again = await Promise.all(clients.map(async client => await world.check(client)))
    t.ok(performance.now() - againMs < 1000, 'immediate')
    t.notOk(again.some(({ kind }) => kind === 'good'))
    t.equal(codeOf(await world.check(world.issue())), 'OCSP_ERR_RESPONDER_SUSPENDED')
  })
})

t.test('a responder that keeps failing is suspended, asked by one at a time, and comes back', async t => {
  const world = await ClientWorld.create(t)
  await world.responder.stop()
  const checkNew = async (): Promise<string> => codeOf(await world.check(world.issue()))
  for (let n = 0; n < 5; n++) t.equal(await checkNew(), 'OCSP_ERR_RESPONDER_CONNECT')
  for (let n = 0; n < 3; n++) t.equal(await checkNew(), 'OCSP_ERR_RESPONDER_SUSPENDED')
  const responder = new URL(world.responder.url).host
  t.match(await world.metrics(), `ocsp_breaker_state{responder="${responder}"} 2`)
  t.match(world.recorder.lines.filter(({ msg }) => msg === 'responder suspended'), [{ level: 40, responder, code: 'OCSP_ERR_RESPONDER_CONNECT', failures: 5, pauseMs: 30_000 }])

  world.clock.ms += 30 * secondMs
  t.equal(await checkNew(), 'OCSP_ERR_RESPONDER_CONNECT', 'the probe')
  t.equal(await checkNew(), 'OCSP_ERR_RESPONDER_SUSPENDED')
  world.clock.ms += 59 * secondMs
  t.equal(await checkNew(), 'OCSP_ERR_RESPONDER_SUSPENDED', 'the pause has doubled')
  world.clock.ms += secondMs

  await world.responder.restart()
  world.responder.lieOnce('garbage')
  t.equal(await checkNew(), 'OCSP_ERR_MALFORMED', 'an answer without a valid signature')
  t.match(await world.metrics(), `ocsp_breaker_state{responder="${responder}"} 1`)
  t.equal(await checkNew(), 'OCSP_ERR_RESPONDER_SUSPENDED', 'does not end the suspension')
  world.clock.ms += minuteMs
  t.equal(codeOf(await world.check(world.issue('unknown'))), 'unknown', 'a valid signature does, whatever the status')
  t.equal(await checkNew(), 'good')
  t.match(await world.metrics(), `ocsp_breaker_state{responder="${responder}"} 0`)
  t.equal(world.recorder.lines.filter(({ msg }) => msg === 'responder suspended').length, 1, 'told once')
  t.match(world.recorder.lines.filter(({ msg }) => msg === 'responder is back'), [{ level: 30, responder }])
})

t.test('failures with answers between them suspend nobody', async t => {
  const world = await ClientWorld.create(t)
  for (let n = 0; n < 12; n++) {
    world.responder.lieOnce(n % 4 === 3 ? { status: 500 } : 'reset')
    await world.check(world.issue())
  }
  t.match(await world.metrics(), /ocsp_breaker_state\{.*\} 0/)
})

t.test('a suspension is remembered for no longer than it lasts', async t => {
  const world = await ClientWorld.create(t)
  await world.responder.stop()
  for (let n = 0; n < 5; n++) await world.check(world.issue())
  await world.responder.restart()
  world.clock.ms += 20 * secondMs
  const client = world.issue()
  t.equal(codeOf(await world.check(client)), 'OCSP_ERR_RESPONDER_SUSPENDED')
  world.clock.ms += 10 * secondMs
  t.equal(codeOf(await world.check(client)), 'good')
})

t.test('cached good, current, refresh failing: good, and the last good is told when it has ended', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 2 * hourMs } })
  const client = world.issue()
  const good = await world.check(client, { maxAgeMs: minuteMs })
  t.match(good, { kind: 'good', source: 'ocsp' })
  const usableEndMs = 'usableEndMs' in good ? good.usableEndMs : 0
  await world.responder.stop()
  world.clock.ms += hourMs
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'good', source: 'cache' })
  world.clock.ms = usableEndMs
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'indeterminate', code: 'OCSP_ERR_RESPONDER_CONNECT', lastGood: { usableEndMs } })
  world.clock.ms += 3 * dayMs
  t.match(await world.check(client), { kind: 'indeterminate', lastGood: { usableEndMs } })
})

t.test('a certificate that is good stays so through a verified unknown; after its end unknown counts, and nothing is left of the good', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 2 * hourMs } })
  const client = world.issue()
  await world.check(client, { maxAgeMs: minuteMs })
  world.responder.set(client, 'unknown')
  world.clock.ms += hourMs
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'good', source: 'cache' })
  world.clock.ms += hourMs
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'unknown' })
  await world.responder.stop()
  world.clock.ms += 3 * hourMs
  const verdict = await world.check(client)
  t.equal(codeOf(verdict), 'OCSP_ERR_RESPONDER_CONNECT')
  t.notOk('lastGood' in verdict)
})

t.test('nextUpdate just past, inside the skew: decides the check that fetched it and nothing later', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 30 * secondMs } }) // thisUpdate is a minute ago
  const client = world.issue()
  t.match(await world.check(client), { kind: 'good', source: 'ocsp' })
  const before = world.responder.count
  t.match(await world.check(client), { kind: 'good', source: 'ocsp' })
  t.ok(world.responder.count > before, 'asked again')
})

t.test('issuer not found anywhere: ISSUER_NOT_FOUND, and not remembered', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue()
  const answer = await world.checker.check(world.messageOf(client, { issuerDer: undefined }))
  t.match(answer, { verdict: { kind: 'indeterminate', code: 'OCSP_ERR_ISSUER_NOT_FOUND' }, untilMs: 0 })
  t.match(await world.check(client), { kind: 'good' })
  t.equal(world.responder.count, 1)

  await t.test('an issuer that came along once is known to all', async t => {
    t.match(await world.check(world.issue(), { issuerDer: undefined }), { kind: 'good' })
    t.same(world.checker.findIssuer(client.certDer), world.authority.certDer)
    t.equal(world.checker.findIssuer(world.authority.certDer)?.equals(world.authority.certDer), true)
  })
})
