import t, { type Test } from 'tap'
import type { CheckedUpstream, HealthNews } from '@clinch/data-plane'
import { compileValidator, HealthCheckerSchema } from '@clinch/schema'
import { Registry } from 'prom-client'
import { HealthAgent } from '../../packages/gateway/src/health/health-agent.ts'
import { watchUpstreamStatus } from '../../packages/gateway/src/health/health-metrics.ts'
import type { ProbeOutcome } from '../../packages/gateway/src/health/limits.ts'
import { until } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'

const validate = compileValidator(HealthCheckerSchema, { fillDefaults: true })

function upstream (ports: readonly number[], checks: object, key = 'upstreams/1'): CheckedUpstream {
  const checked = validate(checks)
  if (checked.kind === 'invalid') throw new Error(checked.issue.message)
  return { key, checks: checked.value, targets: ports.map(port => ({ ip: '10.0.0.1', port, hostname: 'a.test' })), tls: { caPem: undefined, certPem: undefined, keyPem: undefined } }
}

const passive = { active: {}, passive: { healthy: { successes: 2 }, unhealthy: { http_failures: 2, tcp_failures: 2 } } }
const active = { active: { concurrency: 2, healthy: { interval: 1, successes: 1 }, unhealthy: { interval: 1, tcp_failures: 1 } } }
const nameOf = (port: number) => `a.test(10.0.0.1:${port})`

function start (t: Test, probe: (port: number) => Promise<ProbeOutcome> | ProbeOutcome = () => ({ kind: 'connected' })) {
  const { log, messages } = recordLog()
  const clock = { nowMs: 0 }
  const agent = new HealthAgent({ prefix: '/apisix', trustedCaPem: undefined, log, now: () => clock.nowMs, probe: async (_check, target) => await probe(target.port) })
  t.teardown(() => agent.close())
  const worker = (workerId: number) => {
    const news: HealthNews[] = []
    const tell = (items: readonly HealthNews[]): void => { news.push(...items) }
    return {
      news,
      watch: (id: number, watched: CheckedUpstream) => agent.receive(workerId, { kind: 'healthWatch', id, upstream: watched }, tell),
      unwatch: (id: number) => agent.receive(workerId, { kind: 'healthUnwatch', id }, tell),
      saw: (id: number, port: number, event: 'success' | 'http_failure' | 'tcp_failure') => agent.receive(workerId, { kind: 'healthSeen', id, target: nameOf(port), event }, tell)
    }
  }
  return { agent, worker, messages, clock }
}

t.test('what one worker sees of a node all workers hear', async t => {
  const { agent, worker, messages } = start(t)
  const [one, two] = [worker(1), worker(2)]
  one.watch(7, upstream([80, 81], passive))
  two.watch(3, upstream([80, 81], passive))
  t.same(agent.status.map(({ nodes }) => nodes.length), [2], 'the same upstream has one checker')
  one.news.length = two.news.length = 0
  one.saw(7, 80, 'tcp_failure')
  two.saw(3, 80, 'tcp_failure')
  t.same(one.news, [{ id: 7, target: nameOf(80), status: 'mostly_healthy' }, { id: 7, target: nameOf(80), status: 'unhealthy' }])
  t.same(two.news, [{ id: 3, target: nameOf(80), status: 'mostly_healthy' }, { id: 3, target: nameOf(80), status: 'unhealthy' }])
  t.match(agent.status, [{
    key: 'upstreams/1',
    type: 'http',
    nodes: [
      { ip: '10.0.0.1', port: 80, hostname: 'a.test', status: 'unhealthy', counter: { success: 0, http_failure: 0, tcp_failure: 2, timeout_failure: 0 } },
      { port: 81, status: 'healthy', counter: { success: 0, http_failure: 0, tcp_failure: 0, timeout_failure: 0 } }
    ]
  }])
  t.same(messages(40), [
    '[healthcheck] (upstream#/apisix/upstreams/1) unhealthy TCP increment (1/2) for \'a.test(10.0.0.1:80)\'',
    '[healthcheck] (upstream#/apisix/upstreams/1) unhealthy TCP increment (2/2) for \'a.test(10.0.0.1:80)\'',
    'node is left out'
  ])
})

t.test('a worker that comes later is told what is known', async t => {
  const { worker } = start(t)
  worker(1).watch(1, upstream([80], passive))
  for (let times = 0; times < 2; times++) worker(1).saw(1, 80, 'http_failure')
  const late = worker(2)
  late.watch(1, upstream([80], passive))
  t.same(late.news, [{ id: 1, target: nameOf(80), status: 'unhealthy' }])
})

t.test('nodes come and go and the others keep what is known of them; so do those of another worker', async t => {
  const { agent, worker } = start(t)
  const one = worker(1)
  one.watch(1, upstream([80, 81], passive))
  one.saw(1, 80, 'http_failure')
  one.watch(1, upstream([80, 82], passive))
  t.match(agent.status[0]?.nodes, [{ port: 80, status: 'mostly_healthy' }, { port: 82, status: 'healthy' }])
  worker(2).watch(1, upstream([80, 83], passive))
  t.same(agent.status[0]?.nodes.map(({ port }) => port), [80, 82, 83])
  agent.workerGone(1)
  t.same(agent.status[0]?.nodes.map(({ port }) => port), [80, 83])
  agent.workerGone(2)
  t.same(agent.status, [])
})

t.test('other checks are another checker, which knows what the first one found; and for ten seconds after it', async t => {
  const { agent, worker, clock } = start(t)
  const one = worker(1)
  const ill = () => { for (let times = 0; times < 2; times++) one.saw(1, 80, 'tcp_failure') }
  one.watch(1, upstream([80], passive))
  ill()
  const others = { ...passive, active: { http_path: '/other' } }
  one.watch(2, upstream([80], others))
  one.unwatch(1)
  t.match(agent.status, [{ nodes: [{ status: 'unhealthy' }] }])
  one.unwatch(2)
  clock.nowMs = 9_999
  one.watch(3, upstream([80], passive))
  t.match(agent.status, [{ nodes: [{ status: 'unhealthy' }] }])
  one.unwatch(3)
  clock.nowMs += 10_000
  one.watch(4, upstream([80], passive))
  t.match(agent.status, [{ nodes: [{ status: 'healthy' }] }])
})

t.test('nodes are probed every interval, those that are ill as often as `unhealthy` says, and a few at a time', async t => {
  let down = true
  let atOnce = 0
  let most = 0
  const { worker, agent } = start(t, async port => {
    if (port !== 80) most = Math.max(most, ++atOnce) // the ill one has a round of its own
    await new Promise(resolve => setImmediate(resolve))
    if (port !== 80) atOnce--
    return port === 80 && down ? { kind: 'failed', reason: 'ECONNREFUSED' } : { kind: 'status', status: 200 }
  })
  const one = worker(1)
  one.watch(1, upstream([80, 81, 82, 83, 84], active))
  t.same(agent.status[0]?.nodes.filter(({ status }) => status !== 'healthy'), [], 'before the first round all are well')
  await until(() => one.news.some(({ target, status }) => target === nameOf(80) && status === 'unhealthy'))
  down = false
  await until(() => one.news.at(-1)?.target === nameOf(80) && one.news.at(-1)?.status === 'healthy')
  t.equal(most, 2)
})

t.test('the metric has a line for each node', async t => {
  const { worker, agent } = start(t)
  const registry = new Registry()
  watchUpstreamStatus(registry, 'apisix_', agent)
  const one = worker(1)
  one.watch(1, upstream([80, 81], passive))
  for (let times = 0; times < 2; times++) one.saw(1, 81, 'tcp_failure')
  const text = await registry.metrics()
  t.match(text, 'apisix_upstream_status{name="/apisix/upstreams/1",ip="10.0.0.1",port="80"} 1')
  t.match(text, 'apisix_upstream_status{name="/apisix/upstreams/1",ip="10.0.0.1",port="81"} 0')
  one.unwatch(1)
  t.notMatch(await registry.metrics(), 'upstreams/1')
})
