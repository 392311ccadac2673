import t from 'tap'
import { AgentWorld, dayMs, hourMs, minuteMs } from './agent-world.ts'

const yearMs = 365 * dayMs

t.test('51. the wall clock jumps back a day, forward a year, and returns: judged again, nothing deleted, the staple returns', async t => {
  const realMs = Date.now()
  let passedMs = 0 // for the responder, whose clock nobody sets
  const world = await AgentWorld.create(t, { responder: { now: () => realMs + passedMs, windowMs: 12 * hourMs } })
  world.put('1', world.issue('test.com', { notAfterMs: realMs + 3 * yearMs }))
  await world.becomes('1', 'good')
  const held = world.view('1')
  t.equal(world.responder.count, 1)

  await t.test('back a day: it is not yet valid, is held, and the responder is asked', async t => {
    await world.setClock(-dayMs)
    t.match(world.view('1'), { state: 'not_yet_valid', this_update: held?.this_update, usable_end: held?.usable_end, last_error: { code: 'OCSP_ERR_NOT_YET_VALID' } })
    t.equal(world.responder.count, 2)
    const due = Date.parse(String(world.view('1')?.due))
    t.ok(due > world.clock.wallMs && due <= world.clock.wallMs + hourMs, 'asked again by this clock')
  })

  await t.test('forward a year: it has ended, is held, and the responder is asked', async t => {
    await world.setClock(yearMs + dayMs)
    t.match(world.view('1'), { state: 'expired', usable_end: held?.usable_end, last_error: { code: 'OCSP_ERR_EXPIRED' } })
    t.ok(world.responder.count > 2)
  })

  await t.test('back where it was: it is good without anybody being asked', async t => {
    await world.responder.stop()
    await world.setClock(-yearMs)
    t.match(world.view('1'), { state: 'good', usable_end: held?.usable_end })
    t.notOk(world.told.some(({ kind }) => kind === 'forget'), 'no worker was told to forget it')
    const due = Date.parse(String(world.view('1')?.due))
    t.ok(due > world.clock.wallMs && due < Date.parse(String(held?.usable_end)))
  })

  await t.test('the log told each jump once', async t => {
    t.match(world.logged('the clock was set'), [{ level: 40, byMs: -dayMs }, { level: 40, byMs: yearMs + dayMs }, { level: 40, byMs: -yearMs }])
    passedMs += minuteMs
    await world.pass(minuteMs)
    t.equal(world.logged('the clock was set').length, 3, 'time that goes by is no jump')
  })
})

t.test('small steps of the clock change nothing until they add up', async t => {
  const world = await AgentWorld.create(t)
  for (const byMs of [20_000, 20_000, -30_000, 40_000]) await world.setClock(byMs)
  t.same(world.logged('the clock was set'), [])
  await world.setClock(20_000)
  t.match(world.logged('the clock was set'), [{ byMs: 70_000 }])
})

t.test('a certificate whose responder had failed is not left alone for as long as the clock went back', async t => {
  const world = await AgentWorld.create(t)
  await world.responder.stop()
  world.put('1', world.issue('test.com'))
  await world.becomes('1', 'missing')
  for (let n = 0; n < 6; n++) await world.pass(hourMs)
  await world.responder.restart()
  await world.setClock(-dayMs)
  t.match(world.view('1'), { state: 'good', failures: 0 })
})

t.test('statuses of clients are judged again by the clock as it is', async t => {
  const realMs = Date.now()
  let passedMs = 0
  const world = await AgentWorld.create(t, { responder: { now: () => realMs + passedMs, windowMs: 12 * hourMs } })
  const [good, revoked] = [world.issue('good'), world.issue('revoked')]
  world.responder.revoke(revoked)
  t.match(await world.check(good), { kind: 'good', source: 'ocsp' })
  t.match(await world.check(revoked), { kind: 'revoked', source: 'ocsp' })
  world.news.length = 0

  await t.test('back a day: the workers ask again, what is good is not yet, what is revoked is', async t => {
    await world.setClock(-dayMs)
    t.same(world.news, [{ kind: 'allForgotten' }])
    t.match(await world.check(good), { kind: 'indeterminate', code: 'OCSP_ERR_NOT_YET_VALID' })
    t.match(await world.check(revoked), { kind: 'revoked', source: 'cache' })
  })

  await t.test('back where it was: from memory, for as long as it was known before', async t => {
    await world.setClock(dayMs)
    const before = world.responder.count
    t.match(await world.check(good), { kind: 'good', source: 'cache' })
    t.equal(world.responder.count, before)
    passedMs += hourMs
    await world.pass(hourMs)
    t.match(await world.check(good), { kind: 'good', source: 'ocsp' })
  })

  await t.test('a failure and a suspension end when they would have', async t => {
    await world.responder.stop()
    const clients = Array.from({ length: 6 }, (_, n) => world.issue(`client ${n}`))
    for (const client of clients) await world.check(client)
    t.match(await world.check(clients[5] ?? good), { code: 'OCSP_ERR_RESPONDER_SUSPENDED' })
    await world.responder.restart()
    passedMs -= hourMs // else its answers would be from the future
    await world.setClock(-hourMs)
    t.match(await world.check(clients[5] ?? good), { code: 'OCSP_ERR_RESPONDER_SUSPENDED' })
    passedMs += 0.5 * minuteMs
    await world.pass(0.5 * minuteMs)
    for (const client of clients) t.match(await world.check(client), { kind: 'good' })
  })
})
