import t from 'tap'
import type { HealthReport } from '@clinch/data-plane'
import type { Upstream } from '@clinch/schema'
import { HealthTable } from '../../packages/data-plane/src/upstream/health/health-table.ts'
import { nodesOf } from './balancing.ts'
import { routeOf } from './http-gateway.ts'
import { nodeAt, type Node } from '../../packages/data-plane/src/upstream/node.ts'

const noTls = { caPem: undefined, certPem: undefined, keyPem: undefined }
const checks = { active: {}, passive: { healthy: {}, unhealthy: {} } }

function upstreamWith (stored: object): Upstream {
  const { upstream } = routeOf({ uri: '/', upstream: { nodes: {}, ...stored } as never }) // the schema fills in the rest
  if (upstream === undefined) throw new Error('the route lost its upstream')
  return upstream
}

function start (isOn = true) {
  const reports: HealthReport[] = []
  const table = new HealthTable(report => reports.push(report), isOn)
  return { reports, table, check: (stored: object = { checks }) => table.check({ key: 'upstreams/1', upstream: upstreamWith(stored), tls: noTls }) }
}

const [a, b] = nodesOf({ '10.0.0.1:80': 1, '10.0.0.2:80': 1 }) as [Node, Node]

t.test('nodes are checked once a request uses the upstream', async t => {
  const { reports, check } = start()
  const health = check()
  health.setNodes([a, b])
  t.same(reports, [])
  t.ok(health.isWell(a))
  health.use()
  health.use()
  t.match(reports, [{ kind: 'healthWatch', id: 1, upstream: { key: 'upstreams/1', targets: [{ ip: '10.0.0.1', port: 80, hostname: '10.0.0.1' }, { ip: '10.0.0.2' }] } }])
  t.equal(reports.length, 1)
  health.setNodes([a])
  t.match(reports[1], { kind: 'healthWatch', id: 1, upstream: { targets: [{ ip: '10.0.0.1' }] } })
  health.close()
  t.same(reports[2], { kind: 'healthUnwatch', id: 1 })
})

t.test('what is not checked is well and reports nothing', async t => {
  for (const { check, reports, health } of [start(), start(false)].map((started, index) => ({ ...started, health: started.check(index === 0 ? {} : { checks }) }))) {
    t.ok(check)
    health.setNodes([a])
    health.use()
    health.failed(a, 'tcp_failure')
    health.answered(a, 500)
    health.close()
    t.ok(health.isWell(a))
    t.same(reports, [])
  }
})

t.test('news decide whether a node is used', async t => {
  const { table, check } = start()
  const health = check()
  health.setNodes([a, b])
  health.use()
  const tell = (status: 'unhealthy' | 'mostly_unhealthy' | 'mostly_healthy' | 'healthy') => table.take({ id: 1, target: '10.0.0.1(10.0.0.1:80)', status })
  for (const [status, isWell] of [['mostly_healthy', true], ['unhealthy', false], ['mostly_unhealthy', false], ['healthy', true]] as const) {
    tell(status)
    t.equal(health.isWell(a), isWell, status)
  }
  t.ok(health.isWell(b))
  table.take({ id: 99, target: 'nobody', status: 'unhealthy' })
})

t.test('only what may change something is reported', async t => {
  const { table, check, reports } = start()
  const health = check()
  health.setNodes([a])
  health.answered(a, 500)
  t.same(reports, [], 'not before it is watched')
  health.use()
  reports.length = 0
  const seen = () => reports.splice(0).map(report => report.kind === 'healthSeen' ? report.event : report.kind)
  health.answered(a, 200)
  t.same(seen(), [], 'a healthy node that answers')
  health.answered(a, 500)
  health.answered(a, 404)
  health.failed(a, 'tcp_failure')
  health.failed(a, 'timeout_failure')
  t.same(seen(), ['http_failure', 'tcp_failure', 'timeout_failure'], '404 is in no list')
  table.take({ id: 1, target: '10.0.0.1(10.0.0.1:80)', status: 'unhealthy' })
  health.failed(a, 'tcp_failure')
  t.same(seen(), [], 'an ill node that fails')
  health.answered(a, 201)
  t.same(seen(), ['success'])
})

t.test('without passive checks answers say nothing', async t => {
  const { check, reports } = start()
  const health = check({ checks: { active: { healthy: {}, unhealthy: {} } } })
  health.setNodes([a])
  health.use()
  reports.length = 0
  health.failed(a, 'tcp_failure')
  health.answered(a, 500)
  t.same(reports, [])
})

t.test('the version that takes its place knows what is ill, and is watched at once', async t => {
  const { table, check, reports } = start()
  const before = check()
  before.setNodes([a, b])
  before.use()
  table.take({ id: 1, target: '10.0.0.1(10.0.0.1:80)', status: 'unhealthy' })
  const after = check()
  after.setNodes([a])
  t.notOk(after.isWell(a))
  before.close()
  t.same(reports.map(report => `${report.kind} ${report.id}`), ['healthWatch 1', 'healthWatch 2', 'healthUnwatch 1'])
  const unused = start()
  unused.check().setNodes([a])
  unused.check().setNodes([a])
  t.same(unused.reports, [], 'one that nobody used hands nothing on')
})

t.test('what a probe calls its target', async t => {
  const named = nodeAt(nodesOf({ 'node.test:8080': 1 })[0] as Node, '10.0.0.9')
  const cases: ReadonlyArray<readonly [stored: object, node: Node, target: object]> = [
    [{ checks }, a, { ip: '10.0.0.1', port: 80, hostname: '10.0.0.1' }],
    [{ checks }, named, { ip: '10.0.0.9', port: 8080, hostname: 'node.test' }],
    [{ checks: { active: { host: 'check.test', port: 9000 } } }, a, { ip: '10.0.0.1', port: 9000, hostname: 'check.test' }],
    [{ checks: { active: { host: 'check.test' } } }, named, { port: 8080, hostname: 'node.test' }],
    [{ checks: { active: { host: 'check.test' } }, pass_host: 'rewrite', upstream_host: 'up.test' }, named, { hostname: 'up.test' }],
    [{ checks, upstream_host: 'up.test' }, a, { hostname: '10.0.0.1' }]
  ]
  for (const [stored, node, target] of cases) {
    const { check, reports } = start()
    const health = check(stored)
    health.setNodes([node])
    health.use()
    t.match(reports, [{ upstream: { targets: [target] } }], JSON.stringify(stored))
  }
})

t.test('nodes that are probed at one port share their health', async t => {
  const { table, check, reports } = start()
  const nodes = nodesOf({ '10.0.0.1:80': 1, '10.0.0.1:81': 1 }) as [Node, Node]
  const health = check({ checks: { active: { port: 9000 } } })
  health.setNodes(nodes)
  health.use()
  t.match(reports, [{ upstream: { targets: [{ port: 9000 }] } }])
  table.take({ id: 1, target: '10.0.0.1(10.0.0.1:9000)', status: 'unhealthy' })
  t.same(nodes.map(node => health.isWell(node)), [false, false])
})
