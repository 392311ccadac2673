import t from 'tap'
import { delayMsOf, isDry, pour, type Bucket } from '../../packages/plugins/src/built-in/limit-req/leaky-bucket.ts'
import { recordLog } from '../support/log-recorder.ts'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

const client = { variables: { remote_addr: '192.0.2.1' } }

t.test('the bucket', t => {
  const at = (excess: number, atMs: number): Bucket => ({ excess, atMs })
  const cases: ReadonlyArray<readonly [behaviour: string, before: Bucket | undefined, rate: number, burst: number, nowMs: number, after: Bucket | undefined]> = [
    ['the first of a key is no excess', undefined, 1, 0, 5000, at(0, 5000)],
    ['another at once is one', at(0, 5000), 1, 1, 5000, at(1, 5000)],
    ['and refused where there is no room', at(0, 5000), 1, 0, 5000, undefined],
    ['after the time of one request there is room', at(0, 5000), 1, 0, 6000, at(0, 6000)],
    ['a little before there is not', at(0, 5000), 1, 0, 5999, undefined],
    ['the excess leaks out at the rate', at(5, 0), 2, 10, 1500, at(3, 1500)],
    ['never below nothing', at(1, 0), 100, 10, 60_000, at(0, 60_000)],
    ['a burst may be a fraction', at(0.5, 0), 1, 1.5, 0, at(1.5, 0)],
    ['a clock that went back has not', at(1, 5000), 1, 2, 1000, at(2, 1000)]
  ]
  for (const [behaviour, before, rate, burst, nowMs, after] of cases) t.strictSame(pour(before, { rate, burst }, nowMs), after, behaviour)
  t.ok(isDry({ excess: 1, atMs: 0 }, 2, 1000), 'it is forgotten when that makes no difference')
  t.notOk(isDry({ excess: 1, atMs: 0 }, 2, 999))
  t.end()
})

t.test('how long a request waits', t => {
  for (const [excess, rate, delayMs] of [[0, 1, 0], [1, 2, 500], [1, 1000, 1], [1, 1001, 0], [10, 1e-9, 2 ** 31 - 1]] as const) t.equal(delayMsOf(excess, rate), delayMs)
  t.end()
})

t.test('conformance 20: of two at once with rate 1 and no burst the second is rejected', async t => {
  const clock = { ms: 0, now: () => clock.ms }
  const { access } = await runPlugin('limit-req', { rate: 1, burst: 0, key: 'remote_addr' }, clock)
  t.equal(responseOf(await access?.(fakeRequest(client))), undefined)
  t.strictSame(responseOf(await access?.(fakeRequest(client))), { status: 503 })
  t.equal(responseOf(await access?.(fakeRequest({ variables: { remote_addr: '192.0.2.2' } }))), undefined, 'another client has its own bucket')
  clock.ms = 1000
  t.equal(responseOf(await access?.(fakeRequest(client))), undefined)
})

t.test('what is within the burst waits, or does not with nodelay', async t => {
  const now = () => 0
  const waiting = await runPlugin('limit-req', { rate: 20, burst: 2, key: 'remote_addr' }, { now })
  const startedMs = performance.now()
  await Promise.all([1, 2, 3].map(async () => await waiting.access?.(fakeRequest(client))))
  t.ok(performance.now() - startedMs >= 99, 'the third waits for two twentieths of a second')
  const atOnce = await runPlugin('limit-req', { rate: 0.001, burst: 1, key: 'remote_addr', nodelay: true, rejected_code: 429, rejected_msg: 'wait' }, { now })
  t.equal(responseOf(await atOnce.access?.(fakeRequest(client))), undefined)
  t.equal(responseOf(await atOnce.access?.(fakeRequest(client))), undefined)
  t.strictSame(responseOf(await atOnce.access?.(fakeRequest(client))), { status: 429, body: { error_msg: 'wait' } })
})

t.test('a limiter that cannot tell answers 500, or lets pass', async t => {
  const machine = { ask: async () => { throw new Error('away') }, tell: () => {} }
  const recorder = recordLog('error')
  const conf = { rate: 1, burst: 0, key: 'remote_addr' }
  t.strictSame(responseOf(await (await runPlugin('limit-req', conf, { machine, recorder })).access?.(fakeRequest(client))), { status: 500 })
  t.match(recorder.lines, [{ object: 'routes/1', err: { message: 'away' }, msg: 'failed to limit req' }])
  t.equal(responseOf(await (await runPlugin('limit-req', { ...conf, allow_degradation: true }, { machine })).access?.(fakeRequest(client))), undefined)
})

t.test('a configuration that could not work is refused', async t => {
  const conf = { rate: 1, burst: 0, key: 'remote_addr' }
  const complaints: ReadonlyArray<readonly [conf: unknown, complaint: string | undefined]> = [
    [{ burst: 0, key: 'k' }, 'property "rate" is required'],
    [{ ...conf, rate: 0 }, 'property "rate" validation failed: expected 0 to be greater than 0'],
    [{ ...conf, burst: -1 }, 'property "burst" validation failed: expected -1 to be at least 0'],
    [{ ...conf, key_type: 'constant' }, 'property "key_type" validation failed: matches none of the enum values'],
    [{ ...conf, policy: 'redis-sentinel' }, 'property "policy" validation failed: matches none of the enum values'],
    [{ ...conf, policy: 'redis', redis_host: 'a' }, 'property "redis_host" validation failed: string too short, expected at least 2, got 1'],
    [{ ...conf, rate: 0.5, burst: 1.5 }, undefined]
  ]
  for (const [conf, complaint] of complaints) t.equal(await complaintAbout('limit-req', conf), complaint, JSON.stringify(conf))
})
