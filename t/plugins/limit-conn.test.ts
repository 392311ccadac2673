import t from 'tap'
import limitConn from '../../packages/plugins/src/built-in/limit-conn/limit-conn.ts'
import { delayMsOf, isTooMany } from '../../packages/plugins/src/built-in/limit-conn/concurrency.ts'
import { recordLog } from '../support/log-recorder.ts'
import { linkTo } from '../support/machine-link.ts'
import { fakeRequest, type FakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin, type Surroundings } from './run-plugin.ts'

const outcome = { status: 200, source: 'upstream', durationMs: 1, upstreamMs: 1, requestBytes: 0, responseBytes: 0 } as const
const conf = { conn: 1, burst: 0, default_conn_delay: 0.01, key: 'remote_addr' }
const client = { variables: { remote_addr: '192.0.2.1' } }

async function start (conf: object, surroundings: Surroundings = {}) {
  const plugin = await runPlugin('limit-conn', conf, surroundings)
  return async (request: FakeRequest = client) => {
    const context = fakeRequest(request)
    const answer = responseOf(await plugin.access?.(context))
    return { answer, leave: () => plugin.log?.(context, outcome as never) } // it looks at none of it
  }
}

t.test('who is too many, and how long one waits', t => {
  for (const [active, conn, burst, expected] of [[1, 1, 0, false], [2, 1, 0, true], [3, 1, 2, false], [4, 1, 2, true]] as const) t.equal(isTooMany(active, { conn, burst }), expected)
  for (const [active, conn, delayS, delayMs] of [[1, 1, 1, 0], [2, 2, 1, 0], [3, 2, 1, 1000], [4, 2, 1, 1000], [5, 2, 1, 2000], [2, 1, 0.1, 100], [9, 1, 1e9, 2 ** 31 - 1]] as const) t.equal(delayMsOf(active, conn, delayS), delayMs)
  t.end()
})

t.test('conformance 21: of two in parallel the second is rejected, and when the first is over the next passes', async t => {
  const enter = await start(conf)
  const first = await enter()
  t.equal(first.answer, undefined)
  const second = await enter()
  t.strictSame(second.answer, { status: 503 })
  second.leave()
  t.strictSame((await enter()).answer, { status: 503 }, 'one that was rejected leaves no place')
  t.equal((await enter({ variables: { remote_addr: '192.0.2.2' } })).answer, undefined, 'another client has its own places')
  first.leave()
  t.equal((await enter()).answer, undefined)
})

t.test('a request that is within the burst waits', async t => {
  const enter = await start({ ...conf, burst: 2, default_conn_delay: 0.05 })
  await enter()
  const startedMs = performance.now()
  await enter()
  await enter()
  t.ok(performance.now() - startedMs >= 149, '50 ms and twice 50 ms')
})

t.test('a request that is over before it is known what it got leaves all the same', async t => {
  const part = limitConn.machine()
  const link = linkTo(part)
  const asked = Promise.withResolvers<void>()
  const enter = await runPlugin('limit-conn', conf, { machine: { ...link, ask: async question => { await asked.promise; return await link.ask(question) } } })
  const context = fakeRequest(client)
  const answer = enter.access?.(context)
  enter.log?.(context, outcome as never)
  asked.resolve()
  await answer
  t.equal((await (await start(conf, { machine: link }))()).answer, undefined)
})

t.test('a worker that died leaves nothing behind', async t => {
  const part = limitConn.machine()
  const [one, other] = [await start(conf, { machine: linkTo(part, 1) }), await start(conf, { machine: linkTo(part, 2) })]
  t.equal((await one()).answer, undefined)
  t.strictSame((await other()).answer, { status: 503 }, 'workers count together')
  part.workerGone?.(1)
  const again = await other()
  t.equal(again.answer, undefined)
  part.workerGone?.(1)
  t.strictSame((await other()).answer, { status: 503 }, 'what another worker has stays')
})

t.test('a place that may have been taken is given back when nobody answered', async t => {
  const part = limitConn.machine()
  const link = linkTo(part)
  const recorder = recordLog('error')
  const lossy = { ...link, ask: async (question: unknown) => { await link.ask(question); throw new Error('the primary did not answer in time') } }
  t.strictSame((await (await start(conf, { machine: lossy, recorder }))()).answer, { status: 500 })
  t.match(recorder.lines, [{ object: 'routes/1', msg: 'failed to limit conn' }])
  t.equal((await (await start(conf, { machine: link }))()).answer, undefined)
  t.equal((await (await start({ ...conf, allow_degradation: true }, { machine: lossy }))()).answer, undefined)
})

t.test('of several rules the first that is full rejects, and what was taken before it is given back', async t => {
  const rules = [{ conn: 2, burst: 0, key: '$remote_addr' }, { conn: '$http_x_conn', burst: '0', key: '$http_x_user' }]
  const enter = await start({ rules, default_conn_delay: 0.01, rejected_code: 429, rejected_msg: 'busy' })
  const jack = { variables: { remote_addr: '::1', http_x_user: 'jack', http_x_conn: '1' } }
  const first = await enter(jack)
  t.equal(first.answer, undefined)
  const second = await enter(jack)
  t.strictSame(second.answer, { status: 429, body: { error_msg: 'busy' } })
  t.strictSame((await enter({ variables: { remote_addr: '::1' } })).answer, { status: 429, body: { error_msg: 'busy' } }, 'the place of a rejected request is its own until it is over')
  second.leave()
  t.equal((await enter({ variables: { remote_addr: '::1' } })).answer, undefined, 'a rule whose key is absent is skipped')
})

t.test('where no rule applies, or a number does not resolve, the answer is a 500 unless that may be overlooked', async t => {
  const cases: ReadonlyArray<readonly [conf: object, variables: Record<string, string>]> = [
    [{ default_conn_delay: 1, rules: [{ conn: 1, burst: 0, key: '$http_x' }] }, {}],
    [{ ...conf, conn: '$http_x' }, {}],
    [{ ...conf, conn: '$http_x' }, { http_x: '0' }],
    [{ ...conf, burst: '$http_x' }, { http_x: 'some' }]
  ]
  for (const [conf, variables] of cases) {
    t.strictSame((await (await start(conf))({ variables })).answer, { status: 500 }, JSON.stringify(conf))
    t.equal((await (await start({ ...conf, allow_degradation: true }))({ variables })).answer, undefined)
  }
})

t.test('a configuration that could not work is refused', async t => {
  const rule = { conn: 1, burst: 0, key: '$a' }
  const complaints: ReadonlyArray<readonly [conf: unknown, complaint: string | undefined]> = [
    [{ conn: 1, burst: 0, key: 'k' }, 'property "default_conn_delay" is required'],
    [{ default_conn_delay: 1 }, 'value should match only one schema, but matches none'],
    [{ ...conf, conn: 0 }, 'property "conn" validation failed: value should match only one schema, but matches none'],
    [{ ...conf, burst: -1 }, 'property "burst" validation failed: value should match only one schema, but matches none'],
    [{ ...conf, conn: 'few' }, 'conn must be a positive integer or a template of one: few'],
    [{ ...conf, burst: 'few' }, 'burst must be a whole number or a template of one: few'],
    [{ ...conf, default_conn_delay: 0 }, 'property "default_conn_delay" validation failed: expected 0 to be greater than 0'],
    [{ ...conf, rules: [rule] }, 'conn/burst/key and rules cannot be specified at the same time'],
    [{ default_conn_delay: 1, rules: [{ conn: 1, burst: 0 }] }, 'property "rules" validation failed: failed to validate item 1: property "key" is required'],
    [{ ...conf, policy: 'redis' }, 'property "redis_host" is required'],
    [{ default_conn_delay: 1, rules: [rule] }, undefined]
  ]
  for (const [conf, complaint] of complaints) t.equal(await complaintAbout('limit-conn', conf), complaint, JSON.stringify(conf))
})
