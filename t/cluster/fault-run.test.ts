import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { createSeededRandom } from '../ocsp-core/seeded-random.ts'
import { memoryTrend, type MemorySample } from '../../scripts/faults/memory-trend.ts'
import { Outages } from '../../scripts/faults/outages.ts'
import { clientPortsOf, parseTcpTable } from '../../scripts/faults/owned-connections.ts'
import { WrittenConfiguration } from '../../scripts/faults/written-configuration.ts'

t.test('what was in flight on a killed part, and what was not', async t => {
  const outages = new Outages()
  const worker = outages.begin('data-plane-1', new Set([4001]))
  const { fromMs } = worker
  const connection = { node: 'data-plane-1', localPort: 4001, openedMs: fromMs - 100 }
  const cases: Array<readonly [what: string, is: boolean, should: boolean]> = [
    ['a connection of the worker', outages.explainsLoss(connection, fromMs + 5), true],
    ['one that failed before', outages.explainsLoss(connection, fromMs - 5), false],
    ['one of another worker', outages.explainsLoss({ ...connection, localPort: 4002 }, fromMs + 5), false],
    ['one of another data plane', outages.explainsLoss({ ...connection, node: 'data-plane-2' }, fromMs + 5), false],
    ['one that was made later, from the same port', outages.explainsLoss({ ...connection, openedMs: fromMs + 1 }, fromMs + 5), false],
    ['one that was never accepted', outages.explainsLoss({ ...connection, localPort: undefined }, fromMs + 5), false],
    ['a data plane that refuses while one of its workers is dead', outages.explainsRefusal('data-plane-1', fromMs, fromMs + 5), false]
  ]
  worker.goneMs = fromMs + 10
  cases.push(['one that fails long after', outages.explainsLoss(connection, fromMs + 60_000), false])
  for (const [what, is, should] of cases) t.equal(is, should, what)
})

t.test('a data plane whose primary died explains lost and refused connections, until it is back', async t => {
  const outages = new Outages()
  const outage = outages.begin('data-plane-1')
  const { fromMs } = outage
  t.ok(outages.explainsLoss({ node: 'data-plane-1', localPort: 1, openedMs: fromMs + 1 }, fromMs + 2), 'its workers live a little longer and accept')
  outage.goneMs = fromMs + 10
  outage.backMs = fromMs + 1000
  t.notOk(outages.explainsLoss({ node: 'data-plane-1', localPort: 1, openedMs: fromMs + 20 }, fromMs + 30))
  t.ok(outages.explainsRefusal('data-plane-1', fromMs + 20, fromMs + 30))
  t.notOk(outages.explainsRefusal('data-plane-1', fromMs + 1001, fromMs + 1002))
  t.notOk(outages.explainsRefusal('data-plane-2', fromMs + 20, fromMs + 30))
})

t.test('what an upstream, the responder, etcd and the control plane explain', async t => {
  const outages = new Outages()
  const { fromMs } = outages.begin('upstream-1')
  t.ok(outages.explainsBadGateway(fromMs - 5, fromMs + 5))
  t.notOk(outages.explainsBadGateway(fromMs - 10, fromMs - 5))
  t.ok(outages.explainsLoss({ node: 'data-plane-1', localPort: 1, openedMs: fromMs - 5, upstream: 'upstream-1' }, fromMs + 5), 'a tunnel')
  t.notOk(outages.explainsLoss({ node: 'data-plane-1', localPort: 1, openedMs: fromMs - 5 }, fromMs + 5), 'a request, which the gateway has to retry')
  t.notOk(outages.explainsNoVerdict(fromMs, fromMs + 5))
  t.notOk(outages.explainsNoWrite(fromMs, fromMs + 5))
  const responder = outages.begin('responder')
  responder.backMs = responder.fromMs + 10
  t.ok(outages.explainsNoVerdict(responder.fromMs, responder.fromMs + 5))
  t.notOk(outages.explainsNoVerdict(responder.fromMs + 60_000, responder.fromMs + 60_001))
  outages.begin('etcd-2')
  t.ok(outages.explainsNoWrite(fromMs, Date.now() + 5))
})

t.test('what was acknowledged must be there, and what was not answered may be', async t => {
  const written = new WrittenConfiguration()
  written.acknowledged('a', '1')
  t.equal(written.judge('a', '1'), undefined)
  t.match(written.judge('a', undefined), 'a: 1 was acknowledged, nothing is there')
  written.unanswered('a', '2')
  t.equal(written.judge('a', '1'), undefined)
  t.equal(written.judge('a', '2'), undefined)
  t.match(written.judge('a', '3'), 'not answered since: 2')
  written.acknowledged('a', undefined)
  t.equal(written.judge('a', undefined), undefined)
  t.match(written.judge('a', '2'), 'a: nothing was acknowledged, 2 is there', 'an earlier write must not come after')
})

t.test('the kernel tells whose connections a process has', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect(port, '127.0.0.1')
  t.teardown(() => client.destroy())
  const [accepted] = await once(server, 'connection')
  t.teardown(() => accepted.destroy())
  t.same(await clientPortsOf(process.pid, [port]), new Set([client.localPort, 0]), 'the client, and the listener, which has no peer')
  t.same(await clientPortsOf(process.pid, [1]), new Set())
  t.same(parseTcpTable('  sl  local_address rem_address\n   0: 0100007F:24E3 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 123456 1\n'),
    [{ localPort: 9443, remotePort: 54321, inode: '123456' }])
})

t.test('growth is told from long lives, whatever their height', async t => {
  const life = (bornMs: number, minutes: number, mibAt: (minute: number) => number): MemorySample[] =>
    Array.from({ length: minutes * 12 + 1 }, (_, index) => ({ atMs: bornMs + index * 5000, mib: mibAt(index / 12) }))
  t.equal(memoryTrend([]).mibPerHour, undefined)
  t.equal(memoryTrend([life(0, 6.5, () => 100)]).mibPerHour, undefined, 'too short')
  t.equal(memoryTrend([life(0, 10, () => 100)]).mibPerHour, 0)
  t.equal(memoryTrend([life(0, 10, minute => minute < 5 ? 50 + minute * 10 : 100)]).mibPerHour, 0, 'at first heaps are filled')
  const growing = memoryTrend([life(0, 20, minute => 100 + minute), life(1_300_000, 8, minute => 300 + minute)])
  t.ok(Math.abs((growing.mibPerHour ?? 0) - 60) < 0.001)
  t.equal(growing.highestMib, 308)
  t.equal(growing.seenMs, (15 + 3) * 60_000)
  t.match(growing.longestLife, { lengthMs: 15 * 60_000, earlyMib: 105.25, lateMib: 119.83333333333333 })
  t.equal(memoryTrend([life(0, 6.5, () => 100)]).longestLife, undefined)
  const random = createSeededRandom(1)
  t.ok(Math.abs(memoryTrend([life(0, 30, () => 100 + random.below(20))]).mibPerHour ?? 99) < 20, 'what goes up and down does not grow')
})
