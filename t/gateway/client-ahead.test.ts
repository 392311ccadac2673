import t from 'tap'
import { until } from '../support/gateway.ts'
import type { Issued } from '../support/pki.ts'
import { ClientWorld, dayMs, hourMs, minuteMs } from './client-world.ts'

const asked = ({ certificate: { fingerprint } }: Issued) => ({ fingerprint, responder: undefined })

t.test('certificates seen in the last hour are asked about at three quarters of their window, so that nobody waits', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 41 * minuteMs } }) // 40 minutes are left of it
  const client = world.issue()
  await world.check(client)
  world.clock.ms += 29 * minuteMs
  await world.checker.askDue()
  t.equal(world.responder.count, 1, 'not yet')
  world.clock.ms += minuteMs + 1000
  await world.checker.askDue()
  t.equal(world.responder.count, 2)
  t.match(world.news, [{ kind: 'verdict', fingerprint: client.certificate.fingerprint, verdict: { kind: 'good' }, maxAgeMs: hourMs }], 'the workers know')
  world.clock.ms += 20 * minuteMs
  t.match(await world.check(client), { kind: 'good', source: 'cache' }, 'past the end of the first answer')
  t.equal(world.responder.count, 2)
})

t.test('cache_ttl counts where it is shorter than the window', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 10 * dayMs } })
  await world.check(world.issue(), { maxAgeMs: minuteMs })
  world.clock.ms += 46_000
  await world.checker.askDue()
  t.equal(world.responder.count, 2)
})

t.test('a client that turns out to be revoked is told of to every worker before it comes back', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue()
  await world.check(client)
  world.responder.revoke(client)
  world.clock.ms += 46 * minuteMs
  await world.checker.askDue()
  t.match(world.news, [{ kind: 'verdict', fingerprint: client.certificate.fingerprint, verdict: { kind: 'revoked' } }])
  t.match(world.recorder.lines.filter(({ level }) => level === 40), [{ msg: 'client certificate is revoked', fingerprint: client.certificate.fingerprint, sslId: 'ssl1' }])
  t.match(await world.check(client), { kind: 'revoked', source: 'cache' })

  await t.test('and is not asked about ahead any more', async t => {
    const before = world.responder.count
    for (let n = 0; n < 5; n++) {
      world.clock.ms += 10 * minuteMs
      world.checker.see([asked(client)])
      await world.checker.askDue()
    }
    t.equal(world.responder.count, before)
  })
})

t.test('who has not come for an hour is left alone, until it comes again', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 3 * hourMs } })
  const [away, busy] = [world.issue(), world.issue()]
  const message = { maxAgeMs: dayMs }
  await world.check(away, message)
  await world.check(busy, message)
  world.clock.ms += 80 * minuteMs
  world.checker.see([asked(busy)])
  world.clock.ms += 60 * minuteMs // past three quarters of what was left
  world.checker.see([asked(busy)])
  await world.checker.askDue()
  t.equal(world.responder.count, 3)
  t.match(await world.check(away, message), { kind: 'good', source: 'cache' })
  await world.checker.askDue()
  await until(() => world.responder.count === 4)
})

t.test('a refresh that fails is tried again with growing pauses, and takes nothing away', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 12 * hourMs } })
  const client = world.issue()
  await world.check(client, { maxAgeMs: 10 * minuteMs })
  await world.responder.stop()
  world.clock.ms += 8 * minuteMs
  await world.checker.askDue()
  t.match(await world.check(client, { maxAgeMs: 10 * minuteMs }), { kind: 'good', source: 'cache' })
  await world.responder.restart()
  world.clock.ms += 10_000
  await world.checker.askDue()
  t.equal(world.responder.count, 1, 'not at once')
  world.clock.ms += 20_000
  await world.checker.askDue()
  t.equal(world.responder.count, 2)
})

t.test('26 and 1000 failures in a row: delay stays at the cap, no overflow', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 100 * dayMs } })
  const client = world.issue('good', { notAfterMs: Date.now() + 200 * dayMs })
  await world.check(client, { maxAgeMs: 5 * minuteMs })
  await world.responder.stop()
  const failures = async (): Promise<number> => [...(await world.metrics()).matchAll(/ocsp_fetch_total\{purpose="client",result_code="OCSP[^}]*\} (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
  world.clock.ms += 5 * minuteMs
  await world.checker.askDue()
  t.equal(await failures(), 1)
  for (let n = 2; n <= 1000; n++) {
    world.clock.ms += hourMs
    world.checker.see([asked(client)])
    await world.checker.askDue()
    if (n === 26 || n === 1000) t.equal(await failures(), n, 'never more than an hour between two tries')
  }
  t.match(await world.check(client, { maxAgeMs: dayMs }), { kind: 'good' })
})

t.test('no more than 600 a minute are asked about ahead', async t => {
  const world = await ClientWorld.create(t, { responder: { windowMs: 10 * dayMs } })
  const key = world.issue().privateKey
  for (let n = 0; n < 700; n++) await world.check(world.issue('good', { key }))
  t.equal(world.responder.count, 700)
  world.clock.ms += 50 * minuteMs
  const askedUpTo = async (count: number): Promise<boolean> => {
    await world.checker.askDue()
    return world.responder.count === 700 + count
  }
  await until(async () => await askedUpTo(600))
  t.ok(await askedUpTo(600), 'and no more')
  world.clock.ms += minuteMs
  await until(async () => await askedUpTo(700))
})
