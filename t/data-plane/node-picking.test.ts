import t from 'tap'
import type { Upstream } from '@clinch/schema'
import { balancers } from '../../packages/data-plane/src/upstream/balancer/balancer.ts'
import { compileUpstream } from '../../packages/data-plane/src/upstream/compiled-upstream.ts'
import { createNodePicker } from '../../packages/data-plane/src/upstream/node-picker.ts'
import { normalizeNodes, type Node } from '../../packages/data-plane/src/upstream/node.ts'
import { PoolSet } from '../../packages/data-plane/src/upstream/pool-set.ts'
import { routeOf } from './http-gateway.ts'

type Stored = Parameters<typeof normalizeNodes>[0]

function pickerOf (nodes: Stored, random = () => 0) {
  const factory = balancers['roundrobin']
  if (factory === undefined) throw new Error('no round robin')
  return createNodePicker(normalizeNodes(nodes, 'http'), factory, random)
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
    t.equal([...order].map(() => picker.pick([])?.host).join(''), order, JSON.stringify(nodes))
  }
})

t.test('the walk starts at a random node', async t => {
  t.equal(pickerOf({ a: 1, b: 1, c: 1 }, () => 0.99).pick([])?.host, 'c')
})

t.test('a node that was tried is not picked again', async t => {
  const picker = pickerOf({ a: 5, b: 1, c: 1 })
  const tried: Node[] = []
  for (let node = picker.pick(tried); node !== undefined; node = picker.pick(tried)) tried.push(node)
  t.strictSame(tried.map(node => node.host).sort(), ['a', 'b', 'c'])
})

t.test('nodes of lower priority wait until those of higher were tried', async t => {
  const picker = pickerOf([{ host: 'low', weight: 1, priority: -1 }, { host: 'high', weight: 1 }])
  const high = picker.pick([])
  t.equal(high?.host, 'high')
  t.equal(high && picker.pick([high])?.host, 'low')
})

t.test('a single node is used whatever its weight', async t => {
  t.equal(pickerOf({ a: 0 }).pick([])?.host, 'a')
})

t.test('an upstream that cannot be used says why', async t => {
  const pools = new PoolSet()
  t.teardown(() => pools.close())
  const cases: ReadonlyArray<readonly [upstream: object, status: number, reason: RegExp]> = [
    [{ nodes: {} }, 503, /no valid upstream node/],
    [{ nodes: { a: 1 }, type: 'chash' }, 503, /unknown balancer type chash/],
    [{ nodes: { a: 1 }, type: 'toString' }, 503, /unknown balancer type toString/],
    [{ nodes: { a: 1 }, scheme: 'grpc' }, 503, /scheme grpc is not supported/],
    [{ nodes: { a: 1 }, scheme: 'https', tls: { client_cert_id: '1' } }, 502, /^failed to get ssl cert: ssl id \[1\] not exits$/],
    [{ service_name: 'x', discovery_type: 'dns' }, 503, /discovery/]
  ]
  for (const [upstream, status, reason] of cases) {
    t.match(compileUpstream(upstreamOf(upstream), undefined, makingsWith(pools)), { kind: 'unusable', status, reason }, String(reason))
  }
})

t.test('a pool lives as long as an upstream holds it', async t => {
  const pools = new PoolSet()
  t.teardown(() => pools.close())
  const upstream = upstreamOf({ nodes: { 'a:1': 1, 'b:1': 1 } })
  const first = compileUpstream(upstream, undefined, makingsWith(pools))
  const second = compileUpstream(upstream, undefined, makingsWith(pools))
  t.equal(pools.size, 2, 'two upstreams that mean the same share')
  const other = compileUpstream(upstream, { connect: 1, send: 1, read: 1 }, makingsWith(pools))
  t.equal(pools.size, 4, 'another connect timeout is another way to connect')
  for (const compiled of [first, other]) if (compiled.kind === 'ready') compiled.close()
  t.equal(pools.size, 2)
  for (const compiled of [second, second]) if (compiled.kind === 'ready') compiled.close()
  t.equal(pools.size, 0)
})

function upstreamOf (stored: object): Upstream {
  const { upstream } = routeOf({ uri: '/', upstream: stored as never }) // the schema checks it and fills in the rest
  if (upstream === undefined) throw new Error('the route lost its upstream')
  return upstream
}

function makingsWith (pools: PoolSet) {
  return { pools, random: () => 0, clientCertificate: (id: string) => `ssl id [${id}] not exits` }
}
