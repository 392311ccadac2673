import { once } from 'node:events'
import { connect } from 'node:net'
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { ActiveRequests } from '../../packages/data-plane/src/upstream/balancer/active-requests.ts'
import { createLeastConnections } from '../../packages/data-plane/src/upstream/balancer/least-connections.ts'
import type { Node } from '../../packages/data-plane/src/upstream/node.ts'
import { until } from '../support/gateway.ts'
import { refusingNode, startUpstream, type TestUpstream } from '../support/upstream.ts'
import { balancerMakings, nodesOf, requestThat } from './balancing.ts'
import { ask } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

const none = () => false

t.test('the node with the fewest requests for its weight is picked, equal ones in turn', async t => {
  const balancer = createLeastConnections(nodesOf({ 'a:80': 1, 'b:80': 2 }), balancerMakings())
  const picked = Array.from({ length: 6 }, () => balancer.pick(none, requestThat()) as Node)
  t.equal(picked.map(({ host }) => host).join(''), 'babbab', 'b takes two for each of a')
  const even = createLeastConnections(nodesOf({ 'a:80': 1, 'b:80': 1, 'c:80': 1 }), balancerMakings())
  const one = () => {
    const node = even.pick(none, requestThat()) as Node
    even.ended?.(node, 1)
    return node.host
  }
  t.equal([one(), one(), one(), one()].join(''), 'abca')
})

t.test('a node of weight 0 is the last resort', async t => {
  const balancer = createLeastConnections(nodesOf({ 'a:80': 0, 'b:80': 1 }), balancerMakings())
  t.same([1, 2, 3].map(() => balancer.pick(none, requestThat())?.host), ['b', 'b', 'b'])
  t.equal(balancer.pick(node => node.host === 'b', requestThat())?.host, 'a')
  t.equal(balancer.pick(() => true, requestThat()), undefined)
})

t.test('counts outlive the nodes that they were made with, and belong to one upstream', async t => {
  const activeRequests = new ActiveRequests()
  const before = createLeastConnections(nodesOf({ 'a:80': 1, 'b:80': 1 }), balancerMakings({ activeRequests }))
  const held = before.pick(none, requestThat()) as Node
  t.equal(held.host, 'a')
  const after = createLeastConnections(nodesOf({ 'a:80': 1, 'c:80': 1 }), balancerMakings({ activeRequests }))
  t.equal(after.pick(none, requestThat())?.host, 'c')
  const other = createLeastConnections(nodesOf({ 'a:80': 1, 'c:80': 1 }), balancerMakings({ activeRequests, key: 'upstreams/2' }))
  t.equal(other.pick(none, requestThat())?.host, 'a')
  before.ended?.(held, 1)
  t.equal(activeRequests.at('upstreams/1 a:80'), 0)
})

async function serve (t: Test, nodes: readonly string[], more: object = {}) {
  const gateway = await startHttpGateway({
    routes: [{ uri: '/*', enable_websocket: true, upstream: { type: 'least_conn', nodes: Object.fromEntries(nodes.map(node => [node, 1])), ...more } as never }] // the schema fills in the rest
  })
  t.teardown(() => gateway.close())
  const activeAt = (node: string) => gateway.upstreams.commons.activeRequests.at(`routes/0 ${node}`)
  return { gateway, activeAt }
}

async function holding (t: Test): Promise<TestUpstream & { readonly held: ServerResponse[] }> {
  const held: ServerResponse[] = []
  const upstream = await startUpstream({ handler: (request, response) => { held.push(response) } })
  t.teardown(() => upstream.close())
  return { ...upstream, held }
}

t.test('a request counts until its answer has ended', async t => {
  const [a, b] = [await holding(t), await holding(t)]
  const { gateway, activeAt } = await serve(t, [a.node, b.node])
  const answers = [1, 2, 3, 4].map(async () => await ask(gateway.port))
  await until(() => a.held.length + b.held.length === 4)
  t.same([a.held.length, b.held.length], [2, 2])
  a.held[0]?.end('x')
  await until(() => activeAt(a.node) === 1)
  const fifth = ask(gateway.port)
  await until(() => a.held.length === 3)
  for (const response of [...a.held, ...b.held]) response.end()
  await Promise.all([...answers, fifth])
  t.same([activeAt(a.node), activeAt(b.node)], [0, 0])
})

t.test('a node that failed has one request less, and so has the next one in the end', async t => {
  const refusing = await refusingNode()
  const works = await startUpstream()
  t.teardown(() => works.close())
  const { gateway, activeAt } = await serve(t, [refusing, works.node])
  for (let again = 0; again < 3; again++) t.equal((await ask(gateway.port)).status, 200)
  t.same([activeAt(refusing), activeAt(works.node)], [0, 0])
})

t.test('a client that leaves takes its count with it', async t => {
  const node = await holding(t)
  const { gateway, activeAt } = await serve(t, [node.node])
  const socket = connect(gateway.port, '127.0.0.1', () => { socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n') })
  await until(() => node.held.length === 1)
  t.equal(activeAt(node.node), 1)
  socket.destroy()
  await until(() => activeAt(node.node) === 0)
})

t.test('a tunnel counts until it closes', async t => {
  const node = await startUpstream()
  t.teardown(() => node.close())
  const { gateway, activeAt } = await serve(t, [node.node])
  const socket = connect(gateway.port, '127.0.0.1', () => {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
  })
  const [head] = await once(socket, 'data') as [Buffer]
  t.match(head.toString(), /^HTTP\/1.1 101/)
  t.equal(activeAt(node.node), 1)
  socket.end()
  await until(() => activeAt(node.node) === 0)
})

t.test('a node without others is tried again when retries say so', async t => {
  const refusing = await refusingNode()
  const { gateway } = await serve(t, [refusing], { retries: 2 })
  const answer = await ask(gateway.port)
  t.equal(answer.status, 502)
  t.equal(answer.headers['x-apisix-upstream-status'], '502, 502, 502')
})
