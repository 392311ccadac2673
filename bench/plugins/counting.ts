import { Counter, Histogram, Registry } from 'prom-client'
import type { PluginPhases, RequestContext, RequestOutcome } from '@clinch/plugins'
import type { Route } from '@clinch/schema'
import { runPlugin } from '../../t/plugins/run-plugin.ts'
import { fakeRequest } from '../../t/support/request-context.ts'
import { median } from '../measuring/median.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'

export const counting: Scenario = {
  name: 'counting',
  measures: 'what it costs to count one request in the metrics of traffic, beside prom-client looked up label by label',
  needs: [],
  run
}

const callsInRound = 200_000
const requestCount = 1000

type Count = NonNullable<PluginPhases['log']>

interface Kind {
  readonly name: string
  readonly routes: number
  readonly nodes: number
  readonly attr?: object
}

const kinds: readonly Kind[] = [
  { name: 'one route, one node', routes: 1, nodes: 1 },
  { name: '100 routes, 10 nodes', routes: 100, nodes: 10 },
  { name: 'one route, an extra label of 20 values', routes: 1, nodes: 1, attr: { metrics: { http_status: { extra_labels: [{ tenant: '$http_x_tenant' }] } } } },
  { name: 'one route, an extra label that is never the same', routes: 1, nodes: 1, attr: { max_series: 1000, metrics: { http_status: { extra_labels: [{ request: '$request_id' }] } } } }
]

async function run ({ rounds, note }: RunOptions): Promise<Report> {
  const rows: string[][] = []
  for (const kind of kinds) {
    note(`counting: ${kind.name}`)
    const { log } = await runPlugin('prometheus', {}, kind.attr === undefined ? {} : { attr: kind.attr })
    if (log === undefined) throw new Error('prometheus logs')
    const requests = requestsOf(kind)
    const sides = [log, ...(kind.attr === undefined ? [bare()] : [])]
    for (const side of sides) timeNs(side, requests)
    const rounded = sides.map(() => [] as number[])
    for (let round = 0; round < rounds; round++) for (const [at, side] of sides.entries()) rounded[at]?.push(timeNs(side, requests))
    rows.push([kind.name, ...rounded.map(all => median(all).toFixed(0))])
  }
  return {
    columns: ['requests to', 'prometheus, ns', 'prom-client alone, ns'],
    rows: rows.map(([name = '', own = '', peer = '-']) => [name, own, peer]),
    remarks: [`The median of ${rounds} rounds of ${callsInRound.toLocaleString('en')} requests.`]
  }
}

/** The same metrics and labels, put together for each request. */
function bare (): Count {
  const registers = [new Registry()]
  const shared = ['type', 'route', 'service', 'consumer', 'node', 'request_type', 'request_llm_model', 'llm_model']
  const status = new Counter({ name: 'http_status', help: '-', labelNames: ['code', 'matched_uri', 'matched_host', 'response_source', ...shared.slice(1)], registers })
  const latency = new Histogram({ name: 'http_latency', help: '-', labelNames: shared, registers, buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000] })
  const bandwidth = new Counter({ name: 'bandwidth', help: '-', labelNames: shared, registers })
  return (context, outcome) => {
    const labels = { route: String(context.route?.id), service: '', consumer: '', node: context.triedNodes.at(-1) ?? '', request_type: 'traditional_http', request_llm_model: '', llm_model: '' }
    status.inc({ ...labels, code: String(outcome.status), matched_uri: context.matchedUri, matched_host: context.matchedHost, response_source: outcome.source })
    latency.observe({ ...labels, type: 'request' }, outcome.durationMs)
    latency.observe({ ...labels, type: 'apisix' }, outcome.durationMs - (outcome.upstreamMs ?? 0))
    latency.observe({ ...labels, type: 'upstream' }, outcome.upstreamMs ?? 0)
    bandwidth.inc({ ...labels, type: 'ingress' }, context.receivedBytes)
    bandwidth.inc({ ...labels, type: 'egress' }, context.sentBytes)
  }
}

function requestsOf ({ routes, nodes }: Kind): ReadonlyArray<readonly [RequestContext, RequestOutcome]> {
  const all = Array.from({ length: routes }, (_, index) => ({ id: `r${index}`, uri: `/${index}/*` }) as unknown as Route)
  return Array.from({ length: requestCount }, (_, index) => {
    const route = all[index % routes] as Route // there is one
    const request = fakeRequest({
      route, matchedUri: route.uri ?? '', triedNodes: [`10.0.0.${index % nodes}:80`], receivedBytes: 200, sentBytes: 1000, variables: { http_x_tenant: `t${index % 20}` }
    })
    let asked = 0
    const context = { ...request, variable: (name: string) => name === 'request_id' ? `${index}-${asked++}` : request.variable(name) }
    return [context, { status: index % 50 === 0 ? 404 : 200, source: 'upstream', durationMs: index % 90, upstreamMs: index % 70, requestBytes: 0, responseBytes: 0 }]
  })
}

function timeNs (count: Count, requests: ReadonlyArray<readonly [RequestContext, RequestOutcome]>): number {
  const start = process.hrtime.bigint()
  for (let at = 0; at < callsInRound; at++) {
    const [context, outcome] = requests[at % requests.length] as (typeof requests)[number] // there are some
    count(context, outcome)
  }
  return Number(process.hrtime.bigint() - start) / callsInRound
}
