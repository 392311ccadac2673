import t from 'tap'
import type { Upstream } from '@clinch/schema'
import { balancers } from '../../packages/data-plane/src/upstream/balancer/balancer.ts'
import { compileUpstream } from '../../packages/data-plane/src/upstream/compiled-upstream.ts'
import { createNodePicker } from '../../packages/data-plane/src/upstream/node-picker.ts'
import { normalizeNodes, type Node } from '../../packages/data-plane/src/upstream/node.ts'
import { routeOf } from './http-gateway.ts'
import { balancerMakings, requestThat } from './balancing.ts'
import { createUpstreamWorld, type UpstreamWorld } from './upstream-world.ts'

type Stored = Parameters<typeof normalizeNodes>[0]

function pickerOf (nodes: Stored, random = () => 0) {
  const factory = balancers['roundrobin']
  if (factory === undefined) throw new Error('no round robin')
  return createNodePicker(normalizeNodes(nodes, 'http'), {
    createBalancer: group => factory(group, balancerMakings({ random })), isWell: () => true, onAllIll () {}, balancesOne: false
  })
}

t.test('both forms of nodes become one list', async t => {
  const cases: ReadonlyArray<readonly [nodes: Stored, scheme: 'http' | 'https', address: string, hostHeader: string]> = [
    [{ 'a.com': 1 }, 'http', 'a.com:80', 'a.com'],
    [{ 'a.com': 1 }, 'https', 'a.com:443', 'a.com'],
    [{ 'a.com:8080': 1 }, 'http', 'a.com:8080', 'a.com:8080'],
    [{ 'a.com:80': 1 }, 'https', 'a.com:80', 'a.com:80'],
    [{ '[::1]:81': 1 }, 'http', '[::1]:81', '[::1]:81'],
    [{ '[::1]': 1 }, 'http', '[::1]:80', '[::1]'],
    [{ '::1': 1 }, 'http', '[::1]:80', '[::1]'],
    [[{ host: '[::1]', port: 82, weight: 1 }], 'http', '[::1]:82', '[::1]:82'],
    [[{ host: '127.0.0.1', weight: 1 }], 'http', '127.0.0.1:80', '127.0.0.1']
  ]
  for (const [nodes, scheme, address, hostHeader] of cases) t.match(normalizeNodes(nodes, scheme), [{ address, hostHeader }], JSON.stringify(nodes))
  t.strictSame(normalizeNodes(undefined, 'http'), [])
})

t.test('round robin walks the nodes by their weights', async t => {
  const cases: ReadonlyArray<readonly [nodes: Record<string, number>, order: string]> = [
    [{ a: 1, b: 1 }, 'abababab'],
    [{ a: 4, b: 2 }, 'aabaabaab'],
    [{ a: 3, b: 1 }, 'aaabaaab'],
    [{ a: 0, b: 1, c: 1 }, 'bcbc'],
    [{ a: 0, b: 0 }, 'abab']
  ]
  for (const [nodes, order] of cases) {
    const picker = pickerOf(nodes)
    t.equal([...order].map(() => picker.pick(requestThat())?.host).join(''), order, JSON.stringify(nodes))
  }
})

t.test('the walk starts at a random node', async t => {
  t.equal(pickerOf({ a: 1, b: 1, c: 1 }, () => 0.99).pick(requestThat())?.host, 'c')
})

t.test('a node that was tried is not picked again', async t => {
  const picker = pickerOf({ a: 5, b: 1, c: 1 })
  const tried: Node[] = []
  for (let node = picker.pick(requestThat({ tried })); node !== undefined; node = picker.pick(requestThat({ tried }))) tried.push(node)
  t.strictSame(tried.map(node => node.host).sort(), ['a', 'b', 'c'])
})

t.test('nodes of lower priority wait until those of higher were tried', async t => {
  const picker = pickerOf([{ host: 'low', weight: 1, priority: -1 }, { host: 'high', weight: 1 }])
  const high = picker.pick(requestThat())
  t.equal(high?.host, 'high')
  t.equal(high && picker.pick(requestThat({ tried: [high] }))?.host, 'low')
})

t.test('a single node is used whatever its weight', async t => {
  t.equal(pickerOf({ a: 0 }).pick(requestThat())?.host, 'a')
})

t.test('an upstream that cannot be used says why', async t => {
  const world = createUpstreamWorld()
  t.teardown(() => world.commons.close())
  const cases: ReadonlyArray<readonly [upstream: object, status: number, reason: RegExp]> = [
    [{ nodes: {} }, 503, /no valid upstream node/],
    [{ nodes: { 'a:70000': 1 } }, 503, /invalid port 70000/],
    [{ nodes: { 'a:0': 1 } }, 503, /invalid port 0/],
    [{ nodes: { a: 1 }, type: 'random' }, 503, /unknown balancer type random/],
    [{ nodes: { a: 1 }, type: 'toString' }, 503, /unknown balancer type toString/],
    [{ nodes: { a: 1 }, scheme: 'kafka' }, 503, /scheme kafka is not supported/],
    [{ nodes: { a: 1 }, scheme: 'https', tls: { client_cert_id: '1' } }, 502, /^failed to get ssl cert: ssl id \[1\] not exits$/],
    [{ nodes: { a: 1 }, scheme: 'https', tls: { client_cert: 'no PEM'.repeat(40), client_key: 'no PEM'.repeat(40) } }, 503, /failed to use the certificates of the upstream/],
    [{ service_name: 'x', discovery_type: 'dns' }, 503, /discovery/]
  ]
  for (const [upstream, status, reason] of cases) t.match(compile(upstream, world), { kind: 'unusable', status, reason }, String(reason))
})

t.test('a pool lives as long as an upstream holds it', async t => {
  const world = createUpstreamWorld()
  const { pools } = world.commons
  t.teardown(() => world.commons.close())
  const upstream = { nodes: { '127.0.0.1:1': 1, '127.0.0.1:2': 1 } }
  const first = compile(upstream, world)
  const second = compile(upstream, world)
  t.equal(pools.size, 2, 'two upstreams that mean the same share')
  const other = compile({ ...upstream, keepalive_pool: { size: 1, idle_timeout: 1, requests: 1 } }, world)
  t.equal(pools.size, 4, 'another way to keep connections is another pool')
  for (const compiled of [first, other]) if (compiled.kind === 'ready') compiled.close()
  t.equal(pools.size, 2)
  for (const compiled of [second, second]) if (compiled.kind === 'ready') compiled.close()
  t.equal(pools.size, 0)
})

t.test('a route with timeouts of its own uses the nodes and the balancing of the upstream', async t => {
  const world = createUpstreamWorld()
  t.teardown(() => world.commons.close())
  const compiled = compile({ nodes: { '127.0.0.1:1': 1 } }, world)
  if (compiled.kind !== 'ready') throw new Error(compiled.reason)
  const timed = compiled.timed({ connect: 1, send: 2, read: 3 })
  t.match(timed, { connectTimeoutMs: 1000, sendTimeoutMs: 2000, readTimeoutMs: 3000 })
  t.equal(timed.nodes, compiled.nodes)
  t.equal(compiled.timed({ connect: 1, send: 2, read: 3 }), timed)
  t.equal(compiled.timed(undefined), compiled)
})

function compile (stored: object, { commons }: UpstreamWorld) {
  return compileUpstream('upstreams/1', upstreamOf(stored), undefined, { commons, clientCertificate: id => `ssl id [${id}] not exits` })
}

function upstreamOf (stored: object): Upstream {
  const { upstream } = routeOf({ uri: '/', upstream: stored as never }) // the schema checks it and fills in the rest
  if (upstream === undefined) throw new Error('the route lost its upstream')
  return upstream
}
