import { request } from 'undici'
import t, { type Test } from 'tap'
import { TestGateway, until } from '../support/gateway.ts'
import { startUpstream, type TestUpstream } from '../support/upstream.ts'

const active = { http_path: '/health', healthy: { interval: 1, successes: 1 }, unhealthy: { interval: 1, http_failures: 1, tcp_failures: 1 } }

async function node (t: Test, name: string): Promise<TestUpstream & { status: number, probes: number, agents: number }> {
  const upstream = await startUpstream({
    handler (incoming, response) {
      if (incoming.url === '/health') {
        state.probes++
        response.writeHead(state.status).end()
        return
      }
      response.writeHead(incoming.url === '/fails' ? 503 : 200).end(name)
    }
  })
  t.teardown(() => upstream.close())
  const state = { ...upstream, status: 200, probes: 0, agents: 0 }
  return state
}

// What takes a probe or two takes longer on a busy machine.
const eventually = async (holds: () => boolean | Promise<boolean>) => await until(holds, undefined, 30_000)

interface Shown { readonly name: string, readonly type: string, readonly nodes: ReadonlyArray<{ readonly ip: string, readonly port: number, readonly hostname: string, readonly status: string, readonly counter: Record<string, number> }> }

t.test('health checks, from the Admin API to the control API', { timeout: 110_000 }, async t => {
  const gateway = await TestGateway.start(t, { workers: 2, plugins: ['prometheus'] })
  const [a, b] = [await node(t, 'a'), await node(t, 'b')]
  const nodes = { [a.node]: 1, [b.node]: 1 }
  const put = async (path: string, body: object) => {
    const answer = await gateway.admin('PUT', path, body)
    t.ok(answer.status === 200 || answer.status === 201, answer.text)
  }
  const get = async (path = '/') => {
    const { statusCode, body } = await request(`http://127.0.0.1:${gateway.httpPort}${path}`, { reset: true })
    return { status: statusCode, body: await body.text() }
  }
  const served = async (path = '/') => await eventually(async () => (await get(path)).status === 200)
  const shown = async (key: string) => (await gateway.control(`/v1/healthcheck/${key}`)).body as unknown as Shown
  const statusOf = async (key: string, { port }: TestUpstream) => (await shown(key)).nodes?.find(item => item.port === port)?.status
  const namesSeen = async (count = 12) => new Set((await Promise.all(Array.from({ length: count }, async () => await get()))).map(({ body }) => body))

  await t.test('nothing is checked before it is used', async t => {
    await put('upstreams/1', { nodes, checks: { active } })
    await put('routes/1', { uri: '/*', upstream_id: '1' })
    t.equal((await gateway.control('/v1/healthcheck')).text, '{}\n')
    t.match(await gateway.control('/v1/healthcheck/upstreams/1'), { status: 404, body: { error_msg: 'no checker for upstreams[1]' } })
    t.equal(a.probes + b.probes, 0)
  })

  await t.test('a node that is ill is left out, by all workers, until it is well again', async t => {
    await served()
    await eventually(() => a.probes > 0 && b.probes > 0)
    t.match(await shown('upstreams/1'), { name: '/apisix/upstreams/1', type: 'http', nodes: [{ ip: '127.0.0.1', port: a.port, hostname: '127.0.0.1', status: 'healthy' }, { port: b.port, status: 'healthy' }] })
    a.status = 500
    await eventually(async () => await statusOf('upstreams/1', a) === 'unhealthy')
    await eventually(async () => !(await namesSeen()).has('a'))
    t.same(await namesSeen(30), new Set(['b']))
    const list = JSON.parse((await gateway.control('/v1/healthcheck')).text) as Shown[]
    t.match(list, [{ name: '/apisix/upstreams/1', nodes: [{ status: 'unhealthy', counter: { success: 0, http_failure: 1, tcp_failure: 0, timeout_failure: 0 } }, { status: 'healthy' }] }])
    await gateway.logged(`[healthcheck] (upstream#/apisix/upstreams/1) unhealthy HTTP increment (1/1) for '127.0.0.1(127.0.0.1:${a.port})'`)
    a.status = 200
    await eventually(async () => await statusOf('upstreams/1', a) === 'healthy')
    await eventually(async () => (await namesSeen()).has('a'))
  })

  await t.test('when all are ill all are used', async t => {
    a.status = b.status = 503
    await eventually(async () => await statusOf('upstreams/1', a) === 'unhealthy' && await statusOf('upstreams/1', b) === 'unhealthy')
    t.same(await namesSeen(30), new Set(['a', 'b']))
    await gateway.logged('all upstream nodes is unhealthy, use default')
    a.status = b.status = 200
    await eventually(async () => await statusOf('upstreams/1', a) === 'healthy' && await statusOf('upstreams/1', b) === 'healthy')
  })

  await t.test('one process probes, whatever the number of workers', async t => {
    const before = a.probes
    const startedMs = performance.now()
    await eventually(() => a.probes >= before + 3)
    t.ok(performance.now() - startedMs > 1500, 'three probes take more than two intervals')
  })

  await t.test('a change of the nodes keeps what is known of the others', async t => {
    a.status = 500
    await eventually(async () => await statusOf('upstreams/1', a) === 'unhealthy')
    const third = await node(t, 'c')
    await put('upstreams/1', { nodes: { ...nodes, [third.node]: 1 }, checks: { active } })
    await eventually(async () => (await shown('upstreams/1')).nodes?.length === 3)
    t.equal(await statusOf('upstreams/1', a), 'unhealthy')
    t.notOk((await namesSeen(30)).has('a'))
    a.status = 200
    await put('upstreams/1', { nodes, checks: { active } })
  })

  await t.test('what answers to requests say counts too: one worker tells the others', async t => {
    await put('upstreams/2', {
      nodes, retries: 0, checks: { active: { http_path: '/health', healthy: { interval: 60 } }, passive: { unhealthy: { http_failures: 2, tcp_failures: 1 } } }
    })
    await put('routes/2', { uri: '/fails', upstream_id: '2' })
    await eventually(async () => (await get('/fails')).status === 503 && await statusOf('upstreams/2', a) === 'unhealthy' && await statusOf('upstreams/2', b) === 'unhealthy')
    t.match((await shown('upstreams/2')).nodes, [{ counter: { http_failure: 2 } }, { counter: { http_failure: 2 } }])
    const down = await node(t, 'down')
    await down.close()
    await put('routes/3', { uri: '/down', upstream: { nodes: { [down.node]: 1, [a.node]: 1 }, checks: { active: { healthy: { interval: 60 } }, passive: { unhealthy: { tcp_failures: 1 } } } } })
    await eventually(async () => {
      await get('/down')
      return (await statusOf('routes/3', down)) === 'unhealthy'
    })
    await eventually(async () => (await get('/down')).status === 200)
  })

  await t.test('the metric tells which nodes are used', async t => {
    const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
    const text = await (await request(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()
    t.match(text, `apisix_upstream_status{name="/apisix/upstreams/1",ip="127.0.0.1",port="${b.port}"} 1`)
    t.match(text, `apisix_upstream_status{name="/apisix/upstreams/2",ip="127.0.0.1",port="${b.port}"} 0`)
  })

  await t.test('an upstream that goes takes its checker with it', async t => {
    for (const path of ['routes/1', 'routes/2', 'routes/3', 'upstreams/1', 'upstreams/2']) await gateway.admin('DELETE', path)
    await eventually(async () => (await gateway.control('/v1/healthcheck')).text === '{}\n')
    const before = a.probes
    await new Promise(resolve => setTimeout(resolve, 1500)) // longer than the interval: what is not there cannot be waited for
    t.equal(a.probes, before)
  })

  await t.test('passive checks alone are refused', async t => {
    const answer = await gateway.admin('PUT', 'upstreams/9', { nodes, checks: { passive: { unhealthy: {} } } })
    t.match(answer, { status: 400, body: { error_msg: 'invalid configuration: property "checks" validation failed: object matches none of the required: ["active"] or ["active","passive"]' } })
  })
})

t.test('apisix.disable_upstream_healthcheck switches all checks off', async t => {
  const gateway = await TestGateway.start(t, { workers: 1, config: { apisix: { node_listen: 0, ssl: { enable: false }, control: { port: 0 }, disable_upstream_healthcheck: true } } })
  const a = await node(t, 'a')
  await gateway.admin('PUT', 'routes/1', { uri: '/*', upstream: { nodes: { [a.node]: 1 }, checks: { active } } })
  await eventually(async () => (await request(`http://127.0.0.1:${gateway.httpPort}/`)).statusCode === 200)
  t.equal((await gateway.control('/v1/healthcheck')).text, '{}\n')
})
