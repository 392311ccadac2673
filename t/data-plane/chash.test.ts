import t from 'tap'
import { createConsistentHash } from '../../packages/data-plane/src/upstream/balancer/consistent-hash.ts'
import { createHashKey } from '../../packages/data-plane/src/upstream/balancer/hash-key.ts'
import type { HashSource } from '../../packages/data-plane/src/upstream/balancer/balancer.ts'
import type { Node } from '../../packages/data-plane/src/upstream/node.ts'
import { recordLog } from '../support/log-recorder.ts'
import { startUpstream } from '../support/upstream.ts'
import { balancerMakings, nodesOf, requestThat, type AskedRequest } from './balancing.ts'
import { ask } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

const keys = Array.from({ length: 2000 }, (_, index) => `key-${index}`)

function ringOf (weights: Readonly<Record<string, number>>) {
  const balancer = createConsistentHash(nodesOf(weights), balancerMakings({ hashKey: request => request.variable('key') ?? '' }))
  return (key: string, isOut: (node: Node) => boolean = () => false) => balancer.pick(isOut, requestThat({ variables: { key } }))?.address
}

t.test('a key goes to the node that the same ring gives it elsewhere', async t => {
  const weights: ReadonlyArray<Readonly<Record<string, number>>> = [
    { '127.0.0.1:1980': 1, '127.0.0.1:1981': 1 },
    { '127.0.0.1:1980': 1, '127.0.0.1:1981': 3, '10.0.0.1:80': 2 },
    { '127.0.0.1:1980': 200, '127.0.0.1:1981': 100 },
    { '[::1]:80': 1, '[fe80::1]:8080': 1 },
    { '127.0.0.1:1980': 0, '127.0.0.1:1981': 1 }
  ]
  for (const set of weights) {
    const pick = ringOf(set)
    const points = plainRing(set)
    const wrong = keys.filter(key => pick(key) !== plainLookUp(points, key))
    t.same(wrong, [], JSON.stringify(set))
  }
})

t.test('keys are spread by weight', async t => {
  const pick = ringOf({ 'a:80': 1, 'b:80': 3 })
  const share = keys.filter(key => pick(key) === 'b:80').length / keys.length
  t.ok(share > 0.68 && share < 0.82, `three quarters go to b: ${share}`)
})

t.test('when a node is removed only its own keys move', async t => {
  const before = ringOf({ 'a:80': 1, 'b:80': 1, 'c:80': 1 })
  const after = ringOf({ 'a:80': 1, 'c:80': 1 })
  t.same(keys.filter(key => before(key) !== 'b:80' && before(key) !== after(key)), [])
})

t.test('when a node is out only its own keys move, and they come back', async t => {
  const pick = ringOf({ 'a:80': 1, 'b:80': 1, 'c:80': 1 })
  const withoutB = (key: string) => pick(key, node => node.address === 'b:80')
  t.same(keys.filter(key => pick(key) !== 'b:80' && pick(key) !== withoutB(key)), [])
  t.same(keys.filter(key => withoutB(key) === 'b:80' || withoutB(key) === undefined), [])
  t.ok(new Set(keys.filter(key => pick(key) === 'b:80').map(withoutB)).size === 2, 'they are shared by the others')
})

t.test('when all are out there is none', async t => {
  t.equal(ringOf({ 'a:80': 1, 'b:80': 1 })('x', () => true), undefined)
  t.equal(ringOf({ 'a:80': 1, 'b:80': 0 })('x', node => node.address === 'a:80'), undefined, 'a node without weight has no point on the ring')
})

t.test('nodes that all weigh nothing weigh the same', async t => {
  const pick = ringOf({ 'a:80': 0, 'b:80': 0 })
  t.equal(new Set(keys.map(key => pick(key))).size, 2)
})

t.test('weights that no ring should have are scaled down', async t => {
  const pick = ringOf({ 'a:80': 4_000_000_000, 'b:80': 1, 'c:80': 0 })
  t.equal(keys.filter(key => pick(key) === 'a:80').length > keys.length - 20, true)
})

t.test('what is hashed', async t => {
  const cases: ReadonlyArray<readonly [hashOn: 'vars' | 'header' | 'cookie' | 'consumer' | 'vars_combinations', key: string | undefined, request: AskedRequest, expected: string]> = [
    ['vars', 'uri', { variables: { uri: '/a' } }, '/a'],
    ['vars', 'arg_device', { variables: { arg_device: '7' } }, '7'],
    ['vars', 'arg_device', {}, '192.0.2.1'],
    ['header', 'X-Tenant', { headers: { 'X-Tenant': 'acme' } }, 'acme'],
    ['header', 'X-Tenant', {}, '192.0.2.1'],
    ['cookie', 'Session', { variables: { cookie_Session: 's1' } }, 's1'],
    ['consumer', undefined, { consumer: 'jack' }, 'jack'],
    ['consumer', undefined, {}, '192.0.2.1'],
    ['vars_combinations', '$host$remote_addr', { variables: { host: 'a.test', remote_addr: '10.0.0.1' } }, 'a.test10.0.0.1'],
    ['vars_combinations', '$host-$arg_x', { variables: { host: 'a.test' } }, 'a.test-'],
    ['vars_combinations', '$arg_x$arg_y', {}, '192.0.2.1']
  ]
  for (const [hashOn, key, request, expected] of cases) {
    const { log, messages } = recordLog()
    const hashKey = createHashKey({ hash_on: hashOn, ...(key === undefined ? {} : { key }) }, log)
    t.equal(hashKey(requestThat(request) satisfies HashSource), expected, `${hashOn} ${key} ${JSON.stringify(request)}`)
    t.same(messages(40), expected === '192.0.2.1' ? ['chash_key fetch is nil, use default chash_key remote_addr: 192.0.2.1'] : [])
  }
})

t.test('a client stays with its node, and a node that is down is passed over', async t => {
  const nodes = await Promise.all([1, 2, 3].map(async () => await startUpstream({ handler: (request, response) => { response.end(request.socket.localPort?.toString()) } })))
  t.teardown(async () => await Promise.all(nodes.map(async node => await node.close())))
  const gateway = await startHttpGateway({
    routes: [{ uri: '/*', upstream: { type: 'chash', hash_on: 'header', key: 'X-Tenant', nodes: Object.fromEntries(nodes.map(({ node }) => [node, 1])) } as never }] // the schema fills in the rest
  })
  t.teardown(() => gateway.close())
  const nodeOf = async (tenant: string) => (await ask(gateway.port, { headers: { 'X-Tenant': tenant } })).body
  const home = await nodeOf('acme')
  for (let again = 0; again < 5; again++) t.equal(await nodeOf('acme'), home)
  const tenants = Array.from({ length: 30 }, (_, index) => `tenant-${index}`)
  const before = await Promise.all(tenants.map(nodeOf))
  t.equal(new Set(before).size, 3)
  await nodes.find(({ port }) => String(port) === home)?.close()
  const after = await Promise.all(tenants.map(nodeOf))
  tenants.forEach((tenant, index) => { if (before[index] !== home) t.equal(after[index], before[index], tenant) })
  t.notOk(after.includes(home))
})

// The ring as the rules have it, bit by bit.
interface Point { readonly hash: number, readonly address: string }

function plainRing (weights: Readonly<Record<string, number>>): Point[] {
  const divisor = Object.values(weights).reduce(function gcd (a: number, b: number): number { return b === 0 ? a : gcd(b, a % b) })
  return Object.entries(weights).flatMap(([address, weight]) => {
    const seed = feed(0xffffffff, Buffer.from(address.replaceAll(':', '\0')))
    const points: Point[] = []
    let previous = 0
    for (let left = weight / divisor * 160; left > 0; left--) {
      const octets = Buffer.from([previous & 0xff, (previous >>> 8) & 0xff, (previous >>> 16) & 0xff, previous >>> 24])
      previous = (feed(seed, octets) ^ 0xffffffff) >>> 0
      points.push({ hash: previous, address })
    }
    return points
  }).sort((a, b) => a.hash - b.hash)
}

function plainLookUp (points: readonly Point[], key: string): string | undefined {
  const hash = (feed(0xffffffff, Buffer.from(key)) ^ 0xffffffff) >>> 0
  return (points.find(point => point.hash >= hash) ?? points[0])?.address
}

function feed (state: number, octets: Buffer): number {
  for (const octet of octets) {
    state ^= octet
    for (let bit = 0; bit < 8; bit++) state = (state & 1) === 1 ? (state >>> 1) ^ 0xedb88320 : state >>> 1
  }
  return state >>> 0
}
