import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../support/gateway.ts'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { AgentWorld, hourMs, minuteMs } from './agent-world.ts'

const forgotten = ({ told }: AgentWorld) => told.filter(({ kind }) => kind === 'forget').length

t.test('a staple that a stricter setting does not let pass is dropped at once', async t => {
  await t.test('of the machine', async t => {
    const world = await AgentWorld.create(t, { attr: { without_next_update_ttl: 3600 } })
    world.responder.lie('noNextUpdate')
    world.put('1', world.issue('test.com'))
    await world.becomes('1', 'good')
    world.configure({})
    t.equal(world.view('1')?.state, 'missing')
    t.equal(forgotten(world), 1)
    await world.fails('1')
    t.match(world.view('1'), { last_error: { code: 'OCSP_ERR_NEXT_UPDATE_MISSING' } })
  })

  await t.test('of its ssl', async t => {
    const world = await AgentWorld.create(t)
    const leaf = world.issue('test.com')
    world.put('1', leaf)
    await world.becomes('1', 'good')
    world.put('1', leaf, { response_max_age: 5 }) // it is a minute old
    t.equal(world.view('1')?.state, 'missing')
    t.equal(forgotten(world), 1)
  })

  await t.test('what skip_verify let through, as soon as it is off', async t => {
    const world = await AgentWorld.create(t)
    const leaf = world.issue('test.com')
    world.responder.lie('wrongSigner')
    world.put('1', leaf, { skip_verify: true })
    await world.becomes('1', 'unverified')
    world.put('1', leaf)
    t.equal(world.view('1')?.state, 'missing')
    t.equal(forgotten(world), 1)
  })
})

t.test('a staple that passes goes on, judged by the new settings, and nobody has to be asked for it', async t => {
  const world = await AgentWorld.create(t)
  const leaf = world.issue('test.com')
  world.put('1', leaf)
  await world.becomes('1', 'good')
  const before = world.view('1')
  await world.responder.stop()
  world.put('1', leaf, { cache_ttl: 60, must_staple: 'refuse' })
  t.match(world.view('1'), { state: 'good', usable_end: before?.usable_end, fetched_at: before?.fetched_at })
  t.ok(Date.parse(String(world.view('1')?.due)) < world.clock.wallMs + 2 * minuteMs, 'the new cache_ttl counts')
  t.equal(forgotten(world), 0)

  await t.test('a shorter max_window ends it sooner', async t => {
    const long = await AgentWorld.create(t, { responder: { windowMs: 100 * hourMs } })
    long.put('1', long.issue('test.com'))
    await long.becomes('1', 'good')
    long.configure({ max_window: 3600 })
    const view = long.view('1')
    t.equal(Date.parse(String(view?.usable_end)) - Date.parse(String(view?.this_update)), hourMs)
    t.equal(long.told.findLast(({ kind }) => kind === 'hold')?.kind, 'hold', 'workers know it')
  })

  await t.test('another responder is asked at once, and what is held is sent until it has answered', async t => {
    const other = await createOcspResponder({ authority: world.authority, now: () => world.clock.wallMs })
    t.teardown(async () => await other.close())
    other.revoke(leaf)
    other.hang()
    world.put('1', leaf, { ssl_stapling_responder: other.url })
    await until(() => other.count === 1)
    t.equal(world.view('1')?.state, 'good')
    world.clock.wallMs += minuteMs
    other.release()
    await world.becomes('1', 'revoked')
  })
})

t.test('an ssl that changes while its first fetch is under way is fetched anew', async t => {
  const world = await AgentWorld.create(t)
  const leaf = world.issue('test.com')
  world.responder.hang()
  world.put('1', leaf)
  await until(() => world.responder.count === 1)
  world.put('1', leaf, { cache_ttl: 60 })
  await world.responder.stop() // what was under way fails, and is of no interest any more
  world.responder.release()
  await world.responder.restart()
  await until(async () => { await world.agent.tick(); return world.view('1')?.state === 'good' })
  t.equal(world.view('1')?.failures, 0)
})

t.test('an answer about a client that was asked for under a policy that is another by now is asked for again', async t => {
  const world = await AgentWorld.create(t, { attr: { without_next_update_ttl: 3600 } })
  const client = world.issue('client')
  world.responder.lie('noNextUpdate')
  world.responder.hang()
  const waiting = world.check(client)
  await until(() => world.responder.count === 1)
  world.configure({})
  world.responder.release()
  t.match(await waiting, { kind: 'indeterminate', code: 'OCSP_ERR_NEXT_UPDATE_MISSING' })
  t.match(world.news, [{ kind: 'allForgotten' }])
})

t.test('a shorter cache_ttl of an ssl counts for verdicts that are remembered', async t => {
  const world = await AgentWorld.create(t)
  const client = world.issue('client')
  t.match(await world.check(client), { kind: 'good', source: 'ocsp' })
  await world.pass(2 * minuteMs)
  t.match(await world.check(client), { kind: 'good', source: 'cache' })
  world.responder.revoke(client)
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'revoked', source: 'ocsp' })
})

t.test('cache_dir takes in all that is kept', async t => {
  const folder = t.testdir()
  const attr = { cache_dir: join(folder, 'kept') }
  const world = await AgentWorld.create(t, { folder, attr })
  const [leaf, client] = [world.issue('test.com'), world.issue('client')]
  world.responder.revoke(client)
  world.put('1', leaf)
  await world.becomes('1', 'good')
  await world.check(client)
  const filesIn = async (name: string) => await readdir(join(folder, 'kept', name)).catch(() => [])
  await until(async () => (await filesIn('clients')).length === 1)
  t.match(await filesIn('staples'), [/^[0-9a-f]{64}\.der$/])
  t.match(await filesIn('clients'), [/^[0-9a-f]{64}\.pem$/])
  t.same(await readdir(folder), ['kept'])
})
