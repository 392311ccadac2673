import t, { type Test } from 'tap'
import { answering, refusingNode, reset, silence, startUpstream, type UpstreamOptions } from '../support/upstream.ts'
import { ask, fieldOf } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

async function serve (t: Test, nodes: readonly string[], more: object = {}) {
  const gateway = await startHttpGateway({
    routes: [{ uri: '/*', upstream: { nodes: Object.fromEntries(nodes.map(node => [node, 1])), ...more } as never }] // the schema fills in the rest
  })
  t.teardown(() => gateway.close())
  return gateway
}

async function node (t: Test, options: UpstreamOptions) {
  const upstream = await startUpstream(options)
  t.teardown(() => upstream.close())
  return upstream
}

const statusesOf = (answer: Awaited<ReturnType<typeof ask>>) => answer.headers['x-apisix-upstream-status']

t.test('how many attempts there are: one and the retries, and none without a node that was not tried', async t => {
  const refusing = await Promise.all([1, 2, 3].map(refusingNode))
  const cases: ReadonlyArray<readonly [retries: number | undefined, statuses: string]> = [
    [undefined, '502, 502, 502'],
    [0, '502'],
    [1, '502, 502'],
    [2, '502, 502, 502'],
    [7, '502, 502, 502']
  ]
  for (const [retries, statuses] of cases) {
    const gateway = await serve(t, refusing, retries === undefined ? {} : { retries })
    const answer = await ask(gateway.port)
    t.same([answer.status, statusesOf(answer)], [502, statuses], `retries ${retries}`)
    const hasTriedAll = gateway.lines.some(({ msg }) => msg === 'failed to pick server: failed to find valid upstream server, all upstream servers tried')
    t.equal(hasTriedAll, retries === 7, 'more retries than nodes end with nothing to pick')
  }
})

t.test('a node alone is tried once, whatever `retries` says', async t => {
  const gateway = await serve(t, [await refusingNode()], { retries: 5 })
  t.equal(statusesOf(await ask(gateway.port)), '502')
})

t.test('what ended an attempt is in the list: 502, 504, and what was answered at last', async t => {
  const [silent, cutting, failing] = [await node(t, { handler: silence }), await node(t, { handler: reset }), await node(t, { handler: answering(500) })]
  const gateway = await serve(t, [], {
    nodes: [{ host: '127.0.0.1', port: silent.port, weight: 1, priority: 2 }, { host: '127.0.0.1', port: cutting.port, weight: 1, priority: 1 }, { host: '127.0.0.1', port: failing.port, weight: 1 }],
    timeout: { connect: 1, send: 1, read: 0.2 }
  })
  const answer = await ask(gateway.port)
  t.same([answer.status, statusesOf(answer)], [500, '504, 502, 500'])
})

t.test('a node whose connection is not made in time is passed over', async t => {
  const works = await node(t, {})
  const gateway = await serve(t, [], {
    nodes: [{ host: '192.0.2.1', port: 80, weight: 1, priority: 1 }, { host: '127.0.0.1', port: works.port, weight: 1 }],
    timeout: { connect: 0.2, send: 1, read: 1 }
  })
  t.equal((await ask(gateway.port)).status, 200)
})

t.test('the host is worked out for every attempt', async t => {
  const works = await node(t, {})
  const lookup = async () => ({ addresses: ['127.0.0.1'], validMs: 60_000 })
  const refusingPort = (await refusingNode()).split(':')[1]
  const hostWith = async (upstream: object) => {
    const gateway = await startHttpGateway({
      routes: [{ uri: '/*', upstream: { nodes: [{ host: 'first.test', port: Number(refusingPort), weight: 1, priority: 1 }, { host: 'second.test', port: works.port, weight: 1 }], ...upstream } as never }], // the schema fills in the rest
      upstreams: { lookup }
    })
    t.teardown(() => gateway.close())
    return fieldOf((await ask(gateway.port, { headers: { Host: 'client.test:99' } })).received(), 'host')
  }
  t.equal(await hostWith({ pass_host: 'pass' }), 'client.test:99')
  t.equal(await hostWith({ pass_host: 'node' }), `second.test:${works.port}`)
  t.equal(await hostWith({ pass_host: 'rewrite', upstream_host: 'other.test' }), 'other.test')
})

t.test('after retry_timeout there is no new attempt, and the log says how many there were', async t => {
  const silent = await node(t, { handler: silence })
  const gateway = await serve(t, [silent.node, await refusingNode(), await refusingNode()], { retry_timeout: 0.1, timeout: { connect: 1, send: 1, read: 0.2 } })
  let answer = await ask(gateway.port)
  while (statusesOf(answer)?.includes('504') !== true) answer = await ask(gateway.port) // the walk begins where it ended
  t.equal(answer.status, 502)
  t.ok(gateway.lines.some(({ msg }) => /^proxy retry timeout, retry count: \d, deadline: \d+\.\d{3} now: \d+\.\d{3}$/.test(msg)))
})
