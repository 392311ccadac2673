import t from 'tap'
import { createLeastLatency } from '../../packages/data-plane/src/upstream/balancer/least-latency.ts'
import { LatencyTable } from '../../packages/data-plane/src/upstream/balancer/latency-table.ts'
import { startUpstream } from '../support/upstream.ts'
import { balancerMakings, nodesOf, requestThat } from './balancing.ts'
import { ask } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

t.test('latency is an average that forgets: by 1/e in ten seconds, wholly after a minute', async t => {
  let nowMs = 0
  const latencies = new LatencyTable(() => nowMs)
  t.equal(latencies.of('a:80'), 0)
  latencies.add('a:80', 100)
  t.equal(latencies.of('a:80'), 100)
  nowMs = 10_000
  t.ok(Math.abs(latencies.of('a:80') - 100 / Math.E) < 1e-9)
  latencies.add('a:80', 20)
  t.ok(Math.abs(latencies.of('a:80') - (100 / Math.E + 20 * (1 - 1 / Math.E))) < 1e-9)
  nowMs += 60_000
  t.equal(latencies.of('a:80'), 0)
  nowMs -= 120_000
  t.ok(latencies.of('a:80') < 100, 'a clock that was set back makes nothing greater')
})

t.test('of two random nodes the faster one is picked', async t => {
  const latencies = new LatencyTable(() => 0)
  latencies.add('a:80', 50)
  latencies.add('b:80', 10)
  latencies.add('c:80', 30)
  const pickWith = (...numbers: number[]) => createLeastLatency(nodesOf({ 'a:80': 1, 'b:80': 100, 'c:80': 1 }), balancerMakings({ latencies, random: () => numbers.shift() ?? 0 }))
  const cases: ReadonlyArray<readonly [random: [number, number], host: string]> = [
    [[0, 0], 'b'], // a and b
    [[0, 0.9], 'c'], // a and c
    [[0.4, 0], 'b'], // b and c
    [[0.9, 0], 'c'] // c and a
  ]
  for (const [random, host] of cases) t.equal(pickWith(...random).pick(() => false, requestThat())?.host, host, random.join())
  t.equal(pickWith(0, 0).pick(node => node.host === 'b', requestThat())?.host, 'c', 'a node that is out is in no pair')
  t.equal(pickWith(0, 0).pick(node => node.host !== 'a', requestThat())?.host, 'a')
  t.equal(pickWith(0, 0).pick(() => true, requestThat()), undefined)
})

t.test('a slow node gets little until it is quick again, and one that fails is not taken for a quick one', async t => {
  let slowMs = 60
  const slow = await startUpstream({ handler: (_request, response) => { setTimeout(() => response.end('slow'), slowMs) } })
  const quick = await startUpstream({ handler: (_request, response) => { response.end('quick') } })
  t.teardown(async () => {
    await slow.close()
    await quick.close()
  })
  const gateway = await startHttpGateway({
    routes: [{ uri: '/*', upstream: { type: 'ewma', nodes: { [slow.node]: 1, [quick.node]: 1 } } as never }] // the schema fills in the rest
  })
  t.teardown(() => gateway.close())
  const { latencies } = gateway.upstreams.commons
  for (let asked = 0; asked < 12; asked++) await ask(gateway.port)
  t.ok(latencies.of(slow.node) > latencies.of(quick.node))
  t.equal(slow.requests(), 1, 'once it is known to be slow the other one is taken')
  slowMs = 0
  await slow.close()
  const before = latencies.of(slow.node)
  for (let asked = 0; asked < 3; asked++) await ask(gateway.port)
  t.ok(latencies.of(slow.node) <= before)
  t.ok(latencies.of(slow.node) > latencies.of(quick.node))
})
