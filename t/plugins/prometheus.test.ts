import t from 'tap'
import { hostname } from 'node:os'
import type { Route } from '@clinch/schema'
import type { RequestOutcome } from '@clinch/plugins'
import { Registry } from 'prom-client'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, runPlugin } from './run-plugin.ts'

const route = { id: 'r1', name: 'orders', service_id: 7, uri: '/orders/*' } as unknown as Route
const outcome: RequestOutcome = { status: 200, source: 'upstream', durationMs: 30, upstreamMs: 20, requestBytes: 100, responseBytes: 2000 }
const forwarded = { route, matchedUri: '/orders/*', matchedHost: '*.shop.test', triedNodes: ['10.0.0.1:80', '[2001:db8::1]:8080'] }

/** The lines of one metric, labels in alphabetical order. */
async function series (metrics: Registry, name: string): Promise<string[]> {
  const text = await metrics.metrics()
  return text.split('\n').filter(line => new RegExp(`^${name}[{ ]`).test(line)).map(sortLabels)
}

function sortLabels (line: string): string {
  return line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(/,(?=\w+=)/).sort().join()}}`)
}

t.test('a request is counted under its route, node and status', async t => {
  const metrics = new Registry()
  const { log } = await runPlugin('prometheus', {}, { metrics })
  log?.(fakeRequest({ ...forwarded, variables: { consumer_name: 'ada' } }), outcome)
  t.strictSame(await series(metrics, 'apisix_http_status'), [
    'apisix_http_status{code="200",consumer="ada",llm_model="",matched_host="*.shop.test",matched_uri="/orders/*",node="2001:db8::1",' +
    'request_llm_model="",request_type="traditional_http",response_source="upstream",route="r1",service="7"} 1'
  ])
  t.strictSame(await series(metrics, 'apisix_http_requests_total'), ['apisix_http_requests_total 1'])
})

t.test('octets are counted each way', async t => {
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
  log?.(fakeRequest({ ...forwarded, variables: { service_name: 'shop' } }), outcome)
  log?.(fakeRequest({ route: { id: 'r2', service_id: 's2', uri: '/' } as unknown as Route }), outcome)
  const lines = await series(metrics, 'apisix_http_status')
  t.match(lines[0], /route="orders",service="shop"/)
  t.match(lines[1], /route="r2",service="s2"/)
})

t.test('the node names itself', async t => {
  const metrics = new Registry()
  await runPlugin('prometheus', {}, { metrics })
  t.strictSame(await series(metrics, 'apisix_node_info'), [`apisix_node_info{hostname="${hostname()}",version="0.1.0"} 1`])
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

t.test('a reload goes on counting where it was', async t => {
  const metrics = new Registry()
  for (let load = 0; load < 3; load++) {
    const { log } = await runPlugin('prometheus', {}, { metrics })
    log?.(fakeRequest(forwarded), outcome)
  }
  t.match((await series(metrics, 'apisix_http_status'))[0], / 3$/)
  t.match((await series(metrics, 'apisix_http_latency_count'))[0], / 3$/)
})

t.test('a reload applies a new prefix, new buckets and new labels', async t => {
  const metrics = new Registry()
  await runPlugin('prometheus', {}, { metrics })
  const attr = { metric_prefix: 'edge_', default_buckets: [500, 5], metrics: { bandwidth: { extra_labels: [{ zone: 'a' }] } } }
  for (let load = 0; load < 2; load++) {
    const { log } = await runPlugin('prometheus', {}, { metrics, attr })
    log?.(fakeRequest(), outcome)
  }
  t.strictSame((await series(metrics, 'edge_http_latency_bucket')).slice(0, 3).map(line => /le="(.*?)"/.exec(line)?.[1]), ['5', '500', '+Inf'])
  t.match((await series(metrics, 'edge_bandwidth'))[0], /zone="a"} 200$/)

  await runPlugin('prometheus', {}, { metrics, attr: { metric_prefix: 'edge_', default_buckets: [7] } })
  t.strictSame(await series(metrics, 'edge_bandwidth'), [], 'other labels are another metric')
})

t.test('plugin_attr that could not work keeps the plugin from being loaded, and names the member', async t => {
  const cases: ReadonlyArray<readonly [attr: object, reason: RegExp]> = [
    [{ metric_prefix: '1-' }, /^plugin_attr\.prometheus\.metric_prefix: /],
    [{ export_addr: { port: 70000 } }, /^plugin_attr\.prometheus\.export_addr\.port: .*expected 70000 to be at most 65535/],
    [{ export_adr: {} }, /^plugin_attr\.prometheus\.export_adr: additional properties forbidden, found export_adr/],
    [{ export_uri: 'metrics' }, /^plugin_attr\.prometheus\.export_uri: /],
    [{ default_buckets: [] }, /^plugin_attr\.prometheus\.default_buckets: /],
    [{ metrics: { http_status: { extra_labels: [{ 'not a label': '' }] } } }, /additional properties forbidden, found not a label/]
  ]
  for (const [attr, reason] of cases) await t.rejects(runPlugin('prometheus', {}, { attr }), { message: reason })
})

t.test('prefer_name is true or false', async t => {
  t.equal(await complaintAbout('prometheus', { prefer_name: 'yes' }), 'property "prefer_name" validation failed: wrong type: expected boolean, got string')
})
