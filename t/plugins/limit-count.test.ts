import t from 'tap'
import { createShare, loadPlugins, type PluginPhases } from '@clinch/plugins'
import { countInFixedWindow, judgeFixedWindow } from '../../packages/plugins/src/built-in/limit-count/fixed-window.ts'
import { judgeSlidingWindow, slideTo, type SlidingWindow } from '../../packages/plugins/src/built-in/limit-count/sliding-window.ts'
import { recordLog } from '../support/log-recorder.ts'
import { linkTo, partOf } from '../support/machine-link.ts'
import { fakeRequest, fakeResponse, type FakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin, type Surroundings } from './run-plugin.ts'

const client = { variables: { remote_addr: '192.0.2.1' } }

/** One request through access and header filter: what was answered, or `pass`, and the fields that were set. */
async function send (plugin: PluginPhases, request: FakeRequest = client): Promise<{ answer: unknown, fields: Record<string, string>, info: string | undefined }> {
  const context = fakeRequest(request)
  const answer = responseOf(await plugin.access?.(context)) ?? 'pass'
  const response = fakeResponse()
  plugin.headerFilter?.(context, response)
  const { raw } = response.headers
  return { answer, fields: Object.fromEntries(raw.flatMap((name, at) => at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : [])), info: await infoOf(context) }
}

async function infoOf (context: ReturnType<typeof fakeRequest>): Promise<string | undefined> {
  const catalog = await loadPlugins(['limit-count'], { baseDir: import.meta.dirname, attrs: {}, log: recordLog().log })
  return catalog.variables.get('rate_limiting_info')?.(context)
}

const quota = (limit: number, remaining: number, reset: number, name = 'RateLimit') => ({ [`X-${name}-Limit`]: String(limit), [`X-${name}-Remaining`]: String(remaining), [`X-${name}-Reset`]: String(reset) })

function clockAt (ms: number) {
  const clock = { ms, now: () => clock.ms }
  return clock
}

t.test('conformance 1: the third of three requests is rejected, and each is told what is left', async t => {
  const clock = clockAt(1_000_000)
  const plugin = await runPlugin('limit-count', { count: 2, time_window: 60 }, clock)
  t.strictSame(await send(plugin), { answer: 'pass', fields: quota(2, 1, 60), info: '{"rate_limiting_key":"192.0.2.1","rate_limiting_limit":2,"rate_limiting_remaining":1,"rate_limiting_reset":60}' })
  clock.ms += 1234
  t.match(await send(plugin), { answer: 'pass', fields: quota(2, 0, 58.76) })
  clock.ms += 1000
  t.match(await send(plugin), { answer: { status: 503 }, fields: quota(2, 0, 57.76) })
  t.match(await send(plugin, { variables: { remote_addr: '192.0.2.2' } }), { answer: 'pass', fields: quota(2, 1, 60) }, 'another client has its own')
  clock.ms = 1_060_000
  t.match(await send(plugin), { answer: 'pass', fields: quota(2, 1, 60) }, 'the window is over')
})

t.test('conformance 2: code and message of the rejection are the operator\'s', async t => {
  const plugin = await runPlugin('limit-count', { count: 1, time_window: 60, rejected_code: 429, rejected_msg: 'slow down', show_limit_quota_header: false })
  t.match(await send(plugin), { answer: 'pass', fields: {} })
  t.strictSame((await send(plugin)).answer, { status: 429, body: { error_msg: 'slow down' } })
  t.equal(plugin.headerFilter, undefined, 'no fields are set')
})

t.test('a fixed window begins with its first request and counts the rejected ones', t => {
  const first = countInFixedWindow(undefined, { windowMs: 1000 }, 5000)
  t.strictSame(first, { used: 1, endMs: 6000 })
  t.strictSame(countInFixedWindow(first, { windowMs: 1000 }, 5999), { used: 2, endMs: 6000 })
  t.strictSame(countInFixedWindow(first, { windowMs: 1000 }, 6000), { used: 1, endMs: 7000 }, 'its end is not in it')
  const cases: ReadonlyArray<readonly [used: number, leftMs: number, count: number, outcome: object]> = [
    [1, 60_000, 2, { isAccepted: true, remaining: 1, resetS: 60 }],
    [2, 59_999, 2, { isAccepted: true, remaining: 0, resetS: 59.99 }],
    [3, 1, 2, { isAccepted: false, remaining: 0, resetS: 0 }],
    [9, 12_345, 2, { isAccepted: false, remaining: 0, resetS: 12.34 }]
  ]
  for (const [used, leftMs, count, outcome] of cases) t.strictSame(judgeFixedWindow(used, leftMs, count), outcome)
  t.end()
})

t.test('a sliding window lets through what the share of the window before leaves', t => {
  const cases: ReadonlyArray<readonly [behaviour: string, current: number, previous: number, elapsedMs: number, outcome: object]> = [
    ['the first', 0, 0, 0, { isAccepted: true, remaining: 9, resetS: 10 }],
    ['the last of an empty past', 9, 0, 2500, { isAccepted: true, remaining: 0, resetS: 7.5 }],
    ['one more', 10, 0, 2500, { isAccepted: false, remaining: 0, resetS: 7.5 }],
    ['a full window before leaves nothing at its end', 0, 10, 0, { isAccepted: false, remaining: 0, resetS: 0 }],
    ['a little later one has left', 0, 10, 1, { isAccepted: true, remaining: 0, resetS: 10 }],
    ['half of it is gone after half the time', 4, 10, 5000, { isAccepted: true, remaining: 0, resetS: 5 }],
    ['and no more', 5, 10, 5000, { isAccepted: false, remaining: 0, resetS: 0 }],
    ['until when it takes is worked out', 5, 10, 4000, { isAccepted: false, remaining: 0, resetS: 1 }],
    ['a window before that had more than is allowed now counts as full', 0, 1000, 9000, { isAccepted: true, remaining: 8, resetS: 1 }],
    ['remaining is never less than 0', 0, 10, 50, { isAccepted: true, remaining: 0, resetS: 9.95 }],
    ['times are rounded up', 10, 0, 3333, { isAccepted: false, remaining: 0, resetS: 6.67 }]
  ]
  for (const [behaviour, current, previous, elapsedMs, outcome] of cases) {
    t.strictSame(judgeSlidingWindow({ current, previous, elapsedMs }, { count: 10, windowMs: 10_000 }), outcome, behaviour)
  }
  const before: SlidingWindow = { index: 7, current: 3, previous: 2 }
  t.equal(slideTo(70_500, before, 10_000), before)
  t.strictSame(slideTo(80_000, before, 10_000), { index: 8, current: 0, previous: 3 })
  t.strictSame(slideTo(95_000, before, 10_000), { index: 9, current: 0, previous: 0 })
  t.strictSame(slideTo(40_000, before, 10_000), { index: 4, current: 0, previous: 0 })
  t.end()
})

t.test('in a sliding window only accepted requests count', async t => {
  const clock = clockAt(100_000)
  const plugin = await runPlugin('limit-count', { count: 2, time_window: 10, window_type: 'sliding' }, clock)
  const results: string[] = []
  for (const atMs of [100_000, 101_000, 102_000, 103_000, 110_000, 110_100, 114_000, 116_000, 119_000]) {
    clock.ms = atMs
    const { answer, fields } = await send(plugin)
    results.push(`${answer === 'pass' ? 'pass' : 'no'} ${fields['X-RateLimit-Remaining']} ${fields['X-RateLimit-Reset']}`)
  }
  t.strictSame(results, ['pass 1 10', 'pass 0 9', 'no 0 8', 'no 0 7', 'no 0 0', 'pass 0 9.9', 'no 0 1', 'pass 0 4', 'no 0 1'])
})

t.test('the key', async t => {
  const cases: ReadonlyArray<readonly [behaviour: string, conf: object, first: Record<string, string>, second: Record<string, string>, isShared: boolean]> = [
    ['is a variable', { key: 'http_x' }, { http_x: 'a' }, { http_x: 'b' }, false],
    ['is a combination', { key_type: 'var_combination', key: '$remote_addr $http_x' }, { remote_addr: '::1', http_x: 'a' }, { remote_addr: '::1', http_x: 'b' }, false],
    ['may lack a part', { key_type: 'var_combination', key: '$remote_addr $http_x' }, { remote_addr: '::1' }, { remote_addr: '::1' }, true],
    ['is the same for all', { key_type: 'constant', key: 'everybody' }, { remote_addr: '::1' }, { remote_addr: '::2' }, true],
    ['is the address where it is absent', { key: 'http_x' }, { remote_addr: '::1' }, { remote_addr: '::2' }, false],
    ['is the same address then', { key: 'http_x' }, { remote_addr: '::1' }, { remote_addr: '::1' }, true],
    ['may be empty', { key: 'http_x' }, { http_x: '', remote_addr: '::1' }, { http_x: '', remote_addr: '::2' }, true],
    ['has a default, which counts as resolved', { key_type: 'var_combination', key: '${http_x ?? none}' }, { remote_addr: '::1' }, { remote_addr: '::2' }, true], // eslint-disable-line no-template-curly-in-string
    ['may be long', { key: 'http_x' }, { http_x: 'a'.repeat(5000) }, { http_x: 'a'.repeat(5000) + 'b' }, false]
  ]
  for (const [behaviour, conf, first, second, isShared] of cases) {
    const plugin = await runPlugin('limit-count', { count: 1, time_window: 60, ...conf })
    t.equal((await send(plugin, { variables: first })).answer, 'pass', behaviour)
    t.equal((await send(plugin, { variables: second })).answer !== 'pass', isShared, behaviour)
  }
})

t.test('that the key is absent is told once a minute', async t => {
  const recorder = recordLog('info')
  const plugin = await runPlugin('limit-count', { count: 9, time_window: 60, key: 'http_x' }, { recorder })
  for (let time = 0; time < 3; time++) await send(plugin)
  t.match(recorder.lines, [{ object: 'routes/1', msg: 'the key to limit by is absent, the client address is used' }])
})

t.test('counters are those of an object and its configuration', async t => {
  const catalog = await loadPlugins(['limit-count'], { baseDir: import.meta.dirname, attrs: {}, log: recordLog().log })
  const loaded = catalog.get('limit-count')
  if (loaded === undefined) throw new Error('it is built in')
  const machine = linkTo(partOf(loaded.plugin, { log: recordLog().log, now: Date.now, attr: () => loaded.attr }))
  const conf = { count: 1, time_window: 60 }
  const passes = async (conf: object, surroundings: Surroundings = {}): Promise<boolean> => (await send(await runPlugin('limit-count', conf, { machine, ...surroundings }))).answer === 'pass'

  t.ok(await passes(conf))
  t.notOk(await passes(conf), 'made again, it goes on counting')
  t.notOk(await passes({ time_window: 60, count: 1 }), 'the order of members says nothing')
  t.ok(await passes(conf, { ownerKey: 'routes/2' }), 'another route counts for itself')
  t.ok(await passes({ ...conf, rejected_code: 429 }), 'another configuration begins anew')
  t.ok(await passes({ ...conf, group: 'g' }), 'a group')
  t.notOk(await passes({ ...conf, group: 'g' }, { ownerKey: 'services/7' }), 'is one, wherever it stands')
  t.ok(await passes({ ...conf, group: 'h' }), 'and not another')
})

t.test('rules', async t => {
  const rules = [
    { count: 3, time_window: 10, key: '$remote_addr' },
    { count: '${http_x_quota}', time_window: 60, key: '$http_x_user', header_prefix: 'User' } // eslint-disable-line no-template-curly-in-string
  ]
  const clock = clockAt(0)
  const plugin = await runPlugin('limit-count', { rules, rejected_code: 429 }, clock)
  const jack = { variables: { remote_addr: '::1', http_x_user: 'jack', http_x_quota: '1' } }
  t.match(await send(plugin, jack), { answer: 'pass', fields: { ...quota(3, 2, 10, '1-RateLimit'), ...quota(1, 0, 60, 'User-RateLimit') } })
  t.strictSame((await send(plugin, jack)).fields, { ...quota(3, 1, 10, '1-RateLimit'), ...quota(1, 0, 60, 'User-RateLimit') }, 'those before the one that rejects have counted')
  t.strictSame(await send(plugin, { variables: { remote_addr: '::1' } }), { answer: 'pass', fields: quota(3, 0, 10, '1-RateLimit'), info: '{"rate_limiting_key":"::1","rate_limiting_limit":3,"rate_limiting_remaining":0,"rate_limiting_reset":10}' }, 'one whose key is absent is skipped')
  const full = await send(plugin, { ...jack, variables: { ...jack.variables, http_x_user: 'jill' } })
  t.strictSame(full.answer, { status: 429 })
  t.strictSame(full.fields, quota(3, 0, 10, '1-RateLimit'), 'those after it have not')
})

t.test('where no rule applies, or a number does not resolve, the answer is a 500 unless that may be overlooked', async t => {
  const cases: ReadonlyArray<readonly [conf: object, variables: Record<string, string>]> = [
    [{ rules: [{ count: 1, time_window: 1, key: '$http_x' }] }, {}],
    [{ count: '$http_x', time_window: 1 }, {}],
    [{ count: '$http_x', time_window: 1 }, { http_x: '0' }],
    [{ count: '$http_x', time_window: 1 }, { http_x: '-1' }],
    [{ count: '$http_x', time_window: 1 }, { http_x: '1.5' }],
    [{ count: '$http_x', time_window: 1 }, { http_x: '1e3' }],
    [{ count: '$http_x', time_window: 1 }, { http_x: '9007199254740992' }],
    [{ count: 1, time_window: '$http_x' }, { http_x: 'soon' }]
  ]
  for (const [conf, variables] of cases) {
    t.strictSame((await send(await runPlugin('limit-count', conf), { variables })).answer, { status: 500 }, JSON.stringify(conf))
    t.equal((await send(await runPlugin('limit-count', { ...conf, allow_degradation: true }), { variables })).answer, 'pass')
  }
})

t.test('numbers may come from the request, and a counter has one length', async t => {
  const plugin = await runPlugin('limit-count', { count: '$http_x_count', time_window: '${http_x_window ?? 60}', group: 'g' }, clockAt(0)) // eslint-disable-line no-template-curly-in-string
  const ask = async (count: string, window?: string) => await send(plugin, { variables: { ...client.variables, http_x_count: count, ...(window === undefined ? {} : { http_x_window: window }) } })
  t.match((await ask('9007199254740991')).fields, { 'X-RateLimit-Remaining': '9007199254740990', 'X-RateLimit-Reset': '60' })
  t.match((await ask('5')).fields, quota(5, 3, 60))
  t.match((await ask('5', '7')).fields, quota(5, 4, 7))
})

t.test('a failure to count is a 500 that says so, or lets pass', async t => {
  const machine = { ask: async () => { throw new Error('the primary did not answer in time') }, tell: () => {} }
  const recorder = recordLog('error')
  t.strictSame((await send(await runPlugin('limit-count', { count: 1, time_window: 1 }, { machine, recorder }))).answer, { status: 500, body: { error_msg: 'failed to limit count' } })
  t.match(recorder.lines, [{ object: 'routes/1', err: { message: 'the primary did not answer in time' }, msg: 'failed to limit count' }])
  t.equal((await send(await runPlugin('limit-count', { count: 1, time_window: 1, allow_degradation: true }, { machine }))).answer, 'pass')
})

t.test('the names of the fields are those of the metadata', async t => {
  const metadata = { limit_header: 'X-Quota', remaining_header: 'X-Left', reset_header: 'X-Reset' }
  const plugin = await runPlugin('limit-count', { count: 2, time_window: 60 }, { metadata })
  t.strictSame((await send(plugin)).fields, { 'X-Quota': '2', 'X-Left': '1', 'X-Reset': '60' })
})

t.test('what is kept is bounded, and a line tells of it', async t => {
  const recorder = recordLog('warn')
  const clock = clockAt(0)
  const plugin = await runPlugin('limit-count', { count: 1, time_window: 60 }, { attr: { max_keys: 2 }, recorder, ...clock })
  const passes = async (address: string) => (await send(plugin, { variables: { remote_addr: address } })).answer === 'pass'
  t.strictSame([await passes('a'), await passes('b'), await passes('a'), await passes('c')], [true, true, false, true])
  t.match(recorder.lines, [{ maxKeys: 2, pushedOut: 1, msg: /^more keys than max_keys/ }])
  t.notOk(await passes('a'), 'who came last is known still')
  t.ok(await passes('b'), 'who came longest ago begins anew')
  t.equal(recorder.lines.length, 1, 'not every time')
})

t.test('a configuration that could not work is refused', async t => {
  const one = { count: 1, time_window: 1 }
  const rule = { ...one, key: '$a' }
  const redis = { ...one, policy: 'redis', redis_host: '127.0.0.1' }
  const complaints: ReadonlyArray<readonly [conf: unknown, complaint: string | undefined]> = [
    [{}, 'value should match only one schema, but matches none'],
    [{ count: 1 }, 'value should match only one schema, but matches none'],
    [{ time_window: 1 }, 'value should match only one schema, but matches none'],
    [{ ...one, count: 0 }, 'property "count" validation failed: value should match only one schema, but matches none'],
    [{ ...one, count: 1.5 }, 'property "count" validation failed: value should match only one schema, but matches none'],
    [{ ...one, time_window: true }, 'property "time_window" validation failed: value should match only one schema, but matches none'],
    [{ ...one, count: 'many' }, 'count must be a positive integer or a template of one: many'],
    [{ ...one, rules: [rule] }, 'count/time_window and rules cannot be specified at the same time'],
    [{ count: 1, rules: [rule] }, 'count/time_window and rules cannot be specified at the same time'],
    [{ rules: [rule], group: 'g' }, 'group and rules cannot be specified at the same time'],
    [{ rules: [rule, { ...rule, count: 2 }] }, 'duplicate key \'$a\' in rules'],
    [{ rules: [] }, 'property "rules" validation failed: expect array to have at least 1 items'],
    [{ rules: [one] }, 'property "rules" validation failed: failed to validate item 1: property "key" is required'],
    [{ rules: [{ ...rule, header_prefix: 'a b' }] }, 'invalid header_prefix: a b'],
    [{ ...one, window_type: 'tumbling' }, 'property "window_type" validation failed: matches none of the enum values'],
    [{ ...one, rejected_code: 199 }, 'property "rejected_code" validation failed: expected 199 to be at least 200'],
    [{ ...one, rejected_msg: '' }, 'property "rejected_msg" validation failed: string too short, expected at least 1, got 0'],
    [{ ...one, policy: 'redis' }, 'property "redis_host" is required'],
    [{ ...redis, redis_port: 0 }, 'property "redis_port" validation failed: expected 0 to be at least 1'],
    [{ ...redis, redis_keepalive_timeout: 999 }, 'property "redis_keepalive_timeout" validation failed: expected 999 to be at least 1000'],
    [{ ...one, redis_port: 'none of my business' }, undefined],
    [{ ...one, policy: 'redis-cluster', redis_cluster_nodes: ['127.0.0.1:7000'] }, 'property "redis_cluster_name" is required'],
    [{ ...one, policy: 'redis-cluster', redis_cluster_nodes: ['127.0.0.1'], redis_cluster_name: 'c' }, 'invalid redis_cluster_nodes: 127.0.0.1 is no host:port'],
    [{ ...one, policy: 'redis-cluster', redis_cluster_nodes: ['[::1]:7000', 'a.test:7001'], redis_cluster_name: 'c' }, undefined],
    [{ ...one, policy: 'redis-sentinel', redis_master_name: 'm', redis_sentinels: [{ host: 'ab' }] }, 'property "redis_sentinels" validation failed: failed to validate item 1: property "port" is required'],
    [{ ...one, policy: 'redis-sentinel', redis_master_name: 'm', redis_sentinels: [{ host: 'ab', port: 1, tls: true }] }, 'property "redis_sentinels" validation failed: failed to validate item 1: additional properties forbidden, found tls'],
    [{ ...redis, sync_interval: 0.05 }, 'sync_interval should not be smaller than 0.1'],
    [{ ...redis, sync_interval: 1 }, 'sync_interval should be smaller than time_window'],
    [{ ...redis, time_window: '1', sync_interval: 1 }, 'sync_interval should be smaller than time_window'],
    [{ ...redis, time_window: '$http_x', sync_interval: 1 }, undefined],
    [{ ...one, sync_interval: 0.05 }, undefined]
  ]
  for (const [conf, complaint] of complaints) t.equal(await complaintAbout('limit-count', conf), complaint, JSON.stringify(conf))
})

t.test('metadata must name fields', async t => {
  const catalog = await loadPlugins(['limit-count'], { baseDir: import.meta.dirname, attrs: {}, log: recordLog().log })
  t.match(catalog.get('limit-count')?.plugin.metadataSchema?.properties['limit_header'], { pattern: /^\^\[/ })
})

t.test('what is shared is opened once and closed with the last', t => {
  const share = createShare()
  const story: string[] = []
  const open = (name: string) => () => {
    story.push(`open ${name}`)
    return { close: () => { story.push(`close ${name}`) } }
  }
  const [a, again, other] = [share('k', open('a')), share('k', open('b')), share('l', open('c'))]
  t.equal(a.value, again.value)
  a.release()
  t.strictSame(story, ['open a', 'open c'])
  again.release()
  share('k', open('d'))
  other.release()
  t.strictSame(story, ['open a', 'open c', 'close a', 'open d', 'close c'])
  t.end()
})
