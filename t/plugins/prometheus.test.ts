import t from 'tap'
import { compileValidator, type Route, type Service } from '@clinch/schema'
import { createShare, findBuiltInPlugin, type FoundConsumer, type RequestOutcome } from '@clinch/plugins'
import { Registry } from 'prom-client'
import { recordLog } from '../support/log-recorder.ts'
import { fakeRequest, type FakeRequest } from '../support/request-context.ts'
import { complaintAbout, runPlugin, startPlugin, type StartedPlugin } from './run-plugin.ts'

const route = { id: 'r1', name: 'orders', service_id: 7, uri: '/orders/*' } as unknown as Route
const service = { id: 7, name: 'shop' } as Service
const outcome: RequestOutcome = { status: 200, source: 'upstream', durationMs: 30, upstreamMs: 20, requestBytes: 0, responseBytes: 0 }
const forwarded = { route, service, receivedBytes: 100, sentBytes: 2000, matchedUri: '/orders/*', matchedHost: '*.shop.test', triedNodes: ['10.0.0.1:80', '[2001:db8::1]:8080'] }

/** The lines of one metric, labels in alphabetical order. */
async function series (metrics: Registry, name: string): Promise<string[]> {
  const text = await metrics.metrics()
  return text.split('\n').filter(line => new RegExp(`^${name}[{ ]`).test(line)).map(sortLabels)
}

function called (username: string): FoundConsumer {
  return { username, credentialId: undefined, groupId: undefined, labels: {}, conf: {} }
}

function sortLabels (line: string): string {
  return line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(/,(?=\w+=)/).sort().join()}}`)
}

t.test('a request is counted under its route, node and status', async t => {
  const metrics = new Registry()
  const { log } = await runPlugin('prometheus', {}, { metrics })
  log?.(fakeRequest({ ...forwarded, consumer: called('ada') }), outcome)
  t.strictSame(await series(metrics, 'apisix_http_status'), [
    'apisix_http_status{code="200",consumer="ada",llm_model="",matched_host="*.shop.test",matched_uri="/orders/*",node="2001:db8::1",' +
    'request_llm_model="",request_type="traditional_http",response_source="upstream",route="r1",service="7"} 1'
  ])
})

t.test('octets are counted each way, heads with bodies', async t => {
  const metrics = new Registry()
  const { log } = await runPlugin('prometheus', {}, { metrics })
  log?.(fakeRequest(forwarded), outcome)
  log?.(fakeRequest(forwarded), outcome)
  const [ingress, egress] = await series(metrics, 'apisix_bandwidth')
  t.match(ingress, /type="ingress"} 200$/)
  t.match(egress, /type="egress"} 4000$/)
})

t.test('latency is that of the request, of the upstream, and the difference', async t => {
  const metrics = new Registry()
  const { log } = await runPlugin('prometheus', {}, { metrics })
  log?.(fakeRequest(forwarded), outcome)
  const sums = await series(metrics, 'apisix_http_latency_sum')
  t.strictSame(sums.map(line => line.replace(/^.*type="(request|upstream|apisix)".* /, '$1 ')).sort(), ['apisix 10', 'request 30', 'upstream 20'])
  const buckets = await series(metrics, 'apisix_http_latency_bucket')
  t.match(buckets.filter(line => line.includes('type="request"') && / 1$/.test(line))[0], /le="50"/)
})

t.test('a request that reached no upstream has no upstream latency', async t => {
  const metrics = new Registry()
  const { log } = await runPlugin('prometheus', {}, { metrics })
  log?.(fakeRequest(), { ...outcome, status: 404, source: 'gateway', upstreamMs: undefined })
  const sums = await series(metrics, 'apisix_http_latency_sum')
  t.equal(sums.length, 2)
  const [status] = await series(metrics, 'apisix_http_status')
  t.match(status, /code="404".*matched_host="",matched_uri="",node="".*response_source="apisix",route="",service=""/)
})

t.test('a failure on the way to the upstream is told apart', async t => {
  const metrics = new Registry()
  const { log } = await runPlugin('prometheus', {}, { metrics })
  log?.(fakeRequest(forwarded), { ...outcome, status: 502, source: 'error' })
  t.match((await series(metrics, 'apisix_http_status'))[0], /code="502".*response_source="nginx"/)
})

t.test('with prefer_name the labels are names, where there are any', async t => {
  const metrics = new Registry()
  const { log } = await runPlugin('prometheus', { prefer_name: true }, { metrics })
  log?.(fakeRequest(forwarded), outcome)
  log?.(fakeRequest({ route: { id: 'r2', service_id: 's2', uri: '/' } as unknown as Route }), outcome)
  const lines = await series(metrics, 'apisix_http_status')
  t.match(lines[0], /route="orders",service="shop"/)
  t.match(lines[1], /route="r2",service="s2"/)
})

t.test('extra labels are templates, and cannot take the place of a label', async t => {
  const metrics = new Registry()
  const attr = { metrics: { http_status: { extra_labels: [{ agent: '$http_user_agent' }, { code: '999' }] } } }
  const { log } = await runPlugin('prometheus', {}, { metrics, attr })
  log?.(fakeRequest({ variables: { http_user_agent: 'a"b\\c\nd' } }), outcome)
  log?.(fakeRequest(), outcome)
  const lines = await series(metrics, 'apisix_http_status')
  t.match(lines[0], /\{agent="a\\"b\\\\c\\nd",code="200"/)
  t.match(lines[1], /\{agent="",code="200"/)
})

t.test('all that differs between requests is told apart, and what is alike is one series', async t => {
  const metrics = new Registry()
  const { log } = await runPlugin('prometheus', {}, { metrics })
  const other = { ...route, id: 'r2' } as Route
  const requests: ReadonlyArray<readonly [FakeRequest, Partial<RequestOutcome>]> = [
    [forwarded, {}], [{ ...forwarded, route: other }, {}], [{ ...forwarded, triedNodes: ['10.0.0.2:80'] }, {}], [forwarded, { status: 201 }],
    [forwarded, { source: 'gateway' }], [{ ...forwarded, matchedUri: '/o' }, {}], [{ ...forwarded, matchedHost: 'o.test' }, {}], [{ ...forwarded, consumer: called('ada') }, {}]
  ]
  for (let round = 0; round < 2; round++) for (const [request, differing] of requests) log?.(fakeRequest(request), { ...outcome, ...differing })
  const counted = await series(metrics, 'apisix_http_status')
  t.equal(counted.length, requests.length)
  t.ok(counted.every(line => line.endsWith(' 2')))

  log?.(fakeRequest({ ...forwarded, triedNodes: ['[2001:db8::1]:9090'] }), outcome)
  t.match((await series(metrics, 'apisix_http_status'))[0], / 3$/, 'a node is an address, whatever its port')
})

t.test('configurations count together, and a reload goes on where it was', async t => {
  const surroundings = { metrics: new Registry(), share: createShare() }
  let before = await startPlugin('prometheus', {}, surroundings)
  for (let load = 0; load < 3; load++) {
    const reloaded = await startPlugin('prometheus', {}, surroundings)
    await before.stop()
    reloaded.phases.log?.(fakeRequest(forwarded), outcome)
    before = reloaded
  }
  t.match((await series(surroundings.metrics, 'apisix_http_status'))[0], / 3$/)
  t.match((await series(surroundings.metrics, 'apisix_http_latency_count'))[0], / 3$/)
  await before.stop()
  t.equal(await surroundings.metrics.metrics(), '\n', 'it is not loaded any more')
})

t.test('a reload applies a new prefix, new buckets, new labels; what none of it is about goes on', async t => {
  const surroundings = { metrics: new Registry(), share: createShare() }
  const reload = async (attr: object, before?: StartedPlugin) => {
    const reloaded = await startPlugin('prometheus', {}, { ...surroundings, attr })
    await before?.stop()
    reloaded.phases.log?.(fakeRequest(forwarded), outcome)
    return reloaded
  }
  const first = await reload({})
  const second = await reload({ default_buckets: [500, 5], metrics: { bandwidth: { extra_labels: [{ zone: 'a' }] } } }, first)
  t.strictSame((await series(surroundings.metrics, 'apisix_http_latency_bucket')).slice(0, 3).map(line => /le="(.*?)"/.exec(line)?.[1]), ['5', '500', '+Inf'])
  t.match(await series(surroundings.metrics, 'apisix_bandwidth'), [/type="ingress",zone="a"} 100$/, /type="egress",zone="a"} 2000$/])
  t.match(await series(surroundings.metrics, 'apisix_http_status'), [/ 2$/])

  await reload({ metric_prefix: 'edge_' }, second)
  t.match(await series(surroundings.metrics, 'edge_http_status'), [/ 1$/])
  t.notMatch(await surroundings.metrics.metrics(), 'apisix_')
})

t.test('what is still counted by the plugin of before does not show when its settings are gone', async t => {
  const surroundings = { metrics: new Registry(), share: createShare() }
  const before = await startPlugin('prometheus', {}, surroundings)
  await startPlugin('prometheus', {}, { ...surroundings, attr: { default_buckets: [1] } })
  before.phases.log?.(fakeRequest(forwarded), outcome)
  t.match(await series(surroundings.metrics, 'apisix_http_status'), [/ 1$/])
  t.strictSame(await series(surroundings.metrics, 'apisix_http_latency_count'), [])
  await before.stop()
  t.match(await surroundings.metrics.metrics(), 'apisix_http_latency', 'it takes away what is its own')
})

t.test('labels that the metadata disables are empty, from one request to the next', async t => {
  const metrics = new Registry()
  let metadata: Readonly<Record<string, unknown>> | undefined
  const { log } = await runPlugin('prometheus', {}, { metrics, get metadata () { return metadata } })
  log?.(fakeRequest(forwarded), outcome)
  metadata = { disabled_labels: { http_status: ['node', 'matched_uri', 'response_source'], bandwidth: ['route'] } }
  log?.(fakeRequest(forwarded), outcome)
  log?.(fakeRequest({ ...forwarded, triedNodes: ['10.0.0.9:80'], matchedUri: '/other' }), outcome)
  const [whole, less] = await series(metrics, 'apisix_http_status')
  t.match(whole, /matched_uri="\/orders\/\*",node="2001:db8::1".* 1$/)
  t.match(less, /code="200".*matched_host="\*.shop.test",matched_uri="",node="",.*response_source="",route="r1".* 2$/)
  t.match((await series(metrics, 'apisix_bandwidth')).at(-1), /node="10.0.0.9",.*route="",service="7",type="egress"/)
  t.notMatch(await series(metrics, 'apisix_http_latency_count'), /route=""/)
  metadata = undefined
  log?.(fakeRequest(forwarded), outcome)
  t.match((await series(metrics, 'apisix_http_status'))[0], / 2$/)
})

t.test('the metadata names labels that are there and can be left out', async t => {
  const cases: ReadonlyArray<readonly [disabled: object, complaint: string | undefined]> = [
    [{ http_status: ['route', 'response_source'], http_latency: ['llm_model'], bandwidth: [] }, undefined],
    [{ llm_latency: ['route_id'], llm_prompt_tokens: [], llm_completion_tokens: [], llm_active_connections: ['matched_uri'] }, undefined],
    [{ http_status: ['code'] }, 'http_status'], [{ http_latency: ['type'] }, 'http_latency'], [{ bandwidth: ['type'] }, 'bandwidth'],
    [{ bandwidth: ['matched_uri'] }, 'bandwidth'], [{ http_status: 'route' }, 'http_status'], [{ upstream_status: ['ip'] }, 'upstream_status']
  ]
  const schema = (await findBuiltInPlugin('prometheus'))?.metadataSchema
  if (schema === undefined) throw new Error('it has one')
  const validate = compileValidator(schema, { fillDefaults: true })
  for (const [disabled, complaint] of cases) {
    const checked = validate({ disabled_labels: disabled })
    t.equal(checked.kind === 'invalid' ? checked.issue.path[1] : undefined, complaint, JSON.stringify(disabled))
  }
})

t.test('a series that was not used for as long as expire says is dropped, and starts over when it is', async t => {
  const metrics = new Registry()
  let nowMs = 1_000_000
  const attr = { metrics: { http_status: { expire: 60 } } }
  const { log } = await runPlugin('prometheus', {}, { metrics, attr, now: () => nowMs })
  const request = () => fakeRequest({ ...forwarded, startedAtMs: nowMs })
  log?.(request(), { ...outcome, status: 200 })
  nowMs += 40_000
  log?.(request(), { ...outcome, status: 201 })
  nowMs += 30_000
  t.match(await series(metrics, 'apisix_http_status'), [/code="201"/])
  t.equal((await series(metrics, 'apisix_http_latency_count')).length, 3, 'the others are kept')
  log?.(request(), { ...outcome, status: 200 })
  log?.(request(), { ...outcome, status: 201 })
  t.match((await series(metrics, 'apisix_http_status')).sort(), [/code="200".* 1$/, /code="201".* 2$/])
})

t.test('combinations of labels are as many as max_series says; those beyond are put together, and the operator is told once', async t => {
  const metrics = new Registry()
  const recorder = recordLog()
  const attr = { max_series: 3, metrics: { http_status: { extra_labels: [{ agent: '$http_user_agent' }] } } }
  const { log } = await runPlugin('prometheus', {}, { metrics, attr, recorder })
  for (let agent = 0; agent < 50; agent++) log?.(fakeRequest({ ...forwarded, consumer: called('ada'), variables: { http_user_agent: `a${agent}` } }), outcome)
  const counted = await series(metrics, 'apisix_http_status')
  t.equal(counted.length, 4)
  t.match(counted.at(-1), /\{agent="other",code="200",consumer="other",.*matched_uri="\/orders\/\*",node="other",.*route="r1".* 47$/)
  t.match(counted[0], /agent="a0",.*consumer="ada".* 1$/)
  t.match(recorder.lines.filter(({ level }) => level === 40), [{ metric: 'apisix_http_status', max_series: 3 }])
  t.equal((await series(metrics, 'apisix_http_latency_count')).length, 3, 'its labels were the same all along')
})

t.test('what has expired makes room, also when nobody collects', async t => {
  const metrics = new Registry()
  let nowMs = 1_000_000
  const attr = { max_series: 2, metrics: { http_status: { expire: 60 } } }
  const { log } = await runPlugin('prometheus', {}, { metrics, attr, now: () => nowMs })
  for (const status of [200, 201, 202, 203]) {
    log?.(fakeRequest({ ...forwarded, startedAtMs: nowMs }), { ...outcome, status })
    nowMs += 61_000
  }
  nowMs -= 61_000
  t.match(await series(metrics, 'apisix_http_status'), [/code="203".*node="2001:db8::1"/])
})

t.test('plugin_attr that could not work keeps the plugin from being loaded, and names the member', async t => {
  const cases: ReadonlyArray<readonly [attr: object, reason: RegExp]> = [
    [{ metric_prefix: '1-' }, /^plugin_attr\.prometheus\.metric_prefix: /],
    [{ export_addr: { port: 70000 } }, /^plugin_attr\.prometheus\.export_addr\.port: .*expected 70000 to be at most 65535/],
    [{ export_adr: {} }, /^plugin_attr\.prometheus\.export_adr: additional properties forbidden, found export_adr/],
    [{ export_uri: 'metrics' }, /^plugin_attr\.prometheus\.export_uri: /],
    [{ default_buckets: [] }, /^plugin_attr\.prometheus\.default_buckets: /],
    [{ metrics: { http_status: { extra_labels: [{ 'not a label': '' }] } } }, /additional properties forbidden, found not a label/],
    [{ metrics: { http_latency: { extra_labels: [{ le: '1' }] } } }, /found le/],
    [{ metrics: { http_latency: { extra_labels: [{ __name__: 'x' }] } } }, /found __name__/],
    [{ metrics: { http_state: {} } }, /^plugin_attr\.prometheus\.metrics\.http_state: .*additional properties forbidden, found http_state/],
    [{ metrics: { bandwidth: { expire: -1 } } }, /^plugin_attr\.prometheus\.metrics\.bandwidth\.expire: /],
    [{ max_series: 0 }, /^plugin_attr\.prometheus\.max_series: /]
  ]
  for (const [attr, reason] of cases) await t.rejects(runPlugin('prometheus', {}, { attr }), { message: reason })
})

t.test('prefer_name is true or false', async t => {
  t.equal(await complaintAbout('prometheus', { prefer_name: 'yes' }), 'property "prefer_name" validation failed: wrong type: expected boolean, got string')
})
