import { connect } from 'node:net'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { showStore } from '@clinch/gateway'
import { Registry } from 'prom-client'
import { Agent, request } from 'undici'
import t from 'tap'
import { TestGateway, until } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

t.test('traffic of all workers, connections and the store are figures of one scrape', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { plugins: ['prometheus'], workers: 2 })
  await gateway.logged('prometheus export server is listening')
  const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
  const scrape = async () => await (await request(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()
  const dispatcher = new Agent({ pipelining: 0 }) // each request a connection of its own
  t.teardown(() => dispatcher.close())
  const ask = async (path: string) => {
    const { statusCode, body } = await request(`http://127.0.0.1:${gateway.httpPort}${path}`, { dispatcher, headers: { connection: 'close' } })
    await body.dump()
    return statusCode
  }
  await gateway.admin('PUT', 'global_rules/1', { plugins: { prometheus: {} } })
  await gateway.admin('PUT', 'routes/1', { uri: '/own/*', name: 'own', plugins: { prometheus: { prefer_name: true } }, upstream: { nodes: { [upstream.node]: 1 } } })
  await gateway.admin('PUT', 'routes/2', { uri: '/other', upstream: { nodes: { [upstream.node]: 1 } } })

  await t.test('row 30: a request without a route is counted by the instance of a global rule', async t => {
    t.equal(await ask('/nowhere'), 404)
    t.match(await scrape(), /^apisix_http_status\{code="404",route="",matched_uri="",matched_host="",service="",consumer="",node="",request_type="traditional_http",request_llm_model="",llm_model="",response_source="apisix"\} 1$/m)
  })

  await t.test('row 31: where the global rule and the route both have it a request is counted once, whichever worker it meets', async t => {
    await until(async () => await ask('/own/a') === 200 && await ask('/other') === 200)
    const before = counted(await scrape(), /code="200"/)
    for (let round = 0; round < 8; round++) t.equal(await ask('/own/b'), 200)
    t.equal(counted(await scrape(), /code="200"/), before + 8)
    t.match(await scrape(), /^apisix_http_status\{code="200",route="own",matched_uri="\/own\/\*",.*node="127\.0\.0\.1",.*response_source="upstream"\} \d+$/m, 'by the settings of the route')
    t.match(await scrape(), /^apisix_bandwidth\{type="ingress",route="own",/m)
  })

  await t.test('labels are disabled without a reload', async t => {
    t.equal((await gateway.admin('PUT', 'plugin_metadata/prometheus', { disabled_labels: { http_status: ['code'] } })).status, 400)
    t.equal((await gateway.admin('PUT', 'plugin_metadata/prometheus', { disabled_labels: { http_status: ['route', 'node'] } })).status, 201)
    await until(async () => {
      await ask('/other')
      return /^apisix_http_status\{code="200",route="",matched_uri="\/other",.*node="",/m.test(await scrape())
    })
  })

  await t.test('connections are told apart by what they do', async t => {
    const figure = async (state: string) => Number(new RegExp(`^apisix_nginx_http_current_connections\\{state="${state}"\\} (\\d+)$`, 'm').exec(await scrape())?.[1])
    await until(async () => await figure('active') === 0)
    const accepted = await figure('accepted')
    const socket = connect(gateway.httpPort, '127.0.0.1')
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    await until(async () => await figure('reading') === 1)
    socket.write('GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(async () => await figure('waiting') === 1)
    t.same([await figure('active'), await figure('reading'), await figure('writing'), await figure('accepted'), await figure('handled')], [1, 0, 0, accepted + 1, accepted + 1])
    socket.destroy()
    await until(async () => await figure('active') === 0 && await figure('waiting') === 0)
  })

  await t.test('every request counts as one, and the revisions are those of the store', async t => {
    const total = async () => Number(/^apisix_http_requests_total (\d+)$/m.exec(await scrape())?.[1])
    const before = await total()
    await gateway.admin('DELETE', 'global_rules/1')
    for (let round = 0; round < 3; round++) await ask('/other')
    t.equal(await total(), before + 3)
    const text = await scrape()
    t.match(text, `apisix_node_info{hostname="${hostname()}",version="0.1.0"} 1\n`)
    const revisionOf = (key: string) => Number(new RegExp(`^apisix_etcd_modify_indexes\\{key="${key}"\\} (\\d+)$`, 'm').exec(text)?.[1])
    t.ok(revisionOf('routes') > 0)
    t.equal(revisionOf('global_rules'), 0, 'there is none any more')
    t.equal(revisionOf('x_etcd_index'), revisionOf('prev_index'))
    t.ok(revisionOf('max_modify_index') <= revisionOf('prev_index'))
    t.notMatch(text, 'etcd_reachable', 'the store is no etcd')
  })
})

t.test('etcd is asked with every scrape, once, and not for long', async t => {
  const registry = new Registry()
  const state = { revision: 7, objects: [{ key: 'routes/1', value: '', createRevision: 2, modRevision: 5 }, { key: 'routes/2', value: '', createRevision: 3, modRevision: 3 }, { key: 'ssls/1', value: '', createRevision: 6, modRevision: 6 }] }
  let asked = 0
  let answer: () => Promise<{ entries: [], revision: number }> = async () => ({ entries: [], revision: 9 })
  showStore(registry, 'x_', { store: { kind: 'etcd', list: async () => { asked++; return await answer() } }, prefix: '/apisix', state })
  const text = await registry.metrics()
  t.match(text, 'x_etcd_reachable 1\n')
  for (const [key, value] of [['routes', 5], ['ssls', 6], ['services', 0], ['max_modify_index', 6], ['prev_index', 7], ['x_etcd_index', 9]] as const) {
    t.match(text, `x_etcd_modify_indexes{key="${key}"} ${value}\n`)
  }
  t.equal(asked, 1)

  answer = async () => { throw new Error('away') }
  const away = await registry.metrics()
  t.match(away, 'x_etcd_reachable 0\n')
  t.match(away, 'x_etcd_modify_indexes{key="x_etcd_index"} 9\n', 'what was last heard')
  answer = async () => await new Promise(() => {})
  const silent = Promise.race([registry.metrics(), sleep(9000, 'too late', { ref: false })])
  t.match(await silent, 'x_etcd_reachable 0\n')
})

function counted (text: string, having: RegExp): number {
  return text.split('\n').filter(line => line.startsWith('apisix_http_status{') && having.test(line)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
