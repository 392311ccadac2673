import t from 'tap'
import { createAuthority } from '../support/pki.ts'
import { ClientWorld, hourMs, minuteMs } from './client-world.ts'

t.test('a verdict says when a responder last said so: moved by each answer, also by one that brings nothing new, and by nothing else', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 3 * hourMs } })
  const client = world.issue()
  const ask = async () => await world.check(client, { maxAgeMs: hourMs })
  const beganAtMs = world.clock.ms
  t.match(await ask(), { kind: 'good', source: 'ocsp', checkedAtMs: beganAtMs })
  world.clock.ms += 5 * minuteMs
  t.match(await ask(), { kind: 'good', source: 'cache', checkedAtMs: beganAtMs }, 'from memory')
  world.clock.ms += hourMs
  const askedAgainAtMs = world.clock.ms
  t.match(await ask(), { kind: 'good', checkedAtMs: askedAgainAtMs })
  t.equal(world.responder.count, 2)

  await world.responder.stop()
  world.clock.ms += hourMs
  t.match(await ask(), { kind: 'good', source: 'cache', checkedAtMs: askedAgainAtMs }, 'nobody answered')
})

t.test('the same response again counts as checked again', async t => {
  const fixedMs = Date.now() - minuteMs
  const world = await ClientWorld.create(t, {
    responder: { windowMs: 3 * hourMs, shape: spec => ({ ...spec, producedAt: fixedMs, entries: spec.entries.map(entry => ({ ...entry, thisUpdate: fixedMs, nextUpdate: fixedMs + 3 * hourMs })) }) }
  })
  const client = world.issue()
  await world.check(client)
  world.clock.ms += hourMs
  t.match(await world.check(client), { kind: 'good', source: 'cache', thisUpdateMs: Math.floor(fixedMs / 1000) * 1000, checkedAtMs: world.clock.ms })
  t.equal(world.responder.count, 2)
})

t.test('what every worker is told of a revocation says so too', async t => {
  const world = await ClientWorld.create(t)
  t.match(await world.check(world.issue('revoked')), { kind: 'revoked', checkedAtMs: world.clock.ms })
  t.match(world.news, [{ kind: 'verdict', verdict: { kind: 'revoked', checkedAtMs: world.clock.ms } }])
})

t.test('issuers that a worker verified are found for all of them', async t => {
  const world = await ClientWorld.create(t)
  const middle = createAuthority({ name: 'Middle', parent: world.authority })
  const client = middle.issue()
  t.equal(world.checker.findIssuer(client.certDer), undefined)
  world.checker.rememberIssuers([middle.certDer])
  t.ok(world.checker.findIssuer(client.certDer)?.equals(middle.certDer))
})
