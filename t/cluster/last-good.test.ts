import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openEtcdStore, type Store } from '@clinch/store'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { startEtcd, type Etcd } from '../support/etcd.ts'
import { freePort } from '../support/free-port.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { startSteadyLoad } from './steady-load.ts'

interface World {
  readonly etcd: Etcd
  readonly store: Store
  readonly gateway: TestGateway
  /** Puts a route in the store; resolves with its revision. */
  putRoute (id: string): Promise<number>
  /** The status that a request for a route gets; undefined when nobody listens. */
  ask (id: string): Promise<number | undefined>
  /** `GET /status/ready`. */
  ready (): Promise<string>
  health (): Promise<Record<string, unknown>>
  scrape (): Promise<string>
}

const keyring = '0123456789abcdef0123456789abcdef'

/** An etcd and a gateway of that role, whose ports stay the same when it is started again. */
async function startWorld (t: Test, deployment: object): Promise<World> {
  const etcd = await startEtcd(t)
  const store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 5000 })
  t.teardown(async () => await store.close())
  const upstream = createServer((_request, response) => { response.end('ok') }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close())
  const upstreamPort = (upstream.address() as AddressInfo).port // it listens on TCP
  const [http, status, metrics] = [await freePort(), await freePort(), await freePort()]
  const gateway = await TestGateway.start(t, {
    workers: 1,
    plugins: ['prometheus'],
    config: {
      apisix: { node_listen: http, ssl: { enable: false }, control: { port: 0 }, status: { port: status }, data_encryption: { keyring } },
      plugin_attr: { prometheus: { export_addr: { port: metrics } } },
      deployment: { etcd: { host: [etcd.url], timeout: 5, startup_retry: 1 }, ...deployment }
    }
  })
  const text = async (url: string): Promise<string> => await (await request(url)).body.text()
  return {
    etcd,
    store,
    gateway,
    putRoute: async id => {
      const route = { id, uri: `/${id}`, desc: `canary-${id}`, upstream: { type: 'roundrobin', nodes: { [`127.0.0.1:${upstreamPort}`]: 1 } } }
      return (await store.put(`/apisix/routes/${id}`, JSON.stringify(route))).revision
    },
    ask: async id => await request(`http://127.0.0.1:${http}/${id}`).then(async ({ statusCode, body }) => {
      await body.dump()
      return statusCode
    }, () => undefined),
    ready: async () => await text(`http://127.0.0.1:${status}/status/ready`).catch(() => 'nobody listens'),
    health: async () => (await gateway.control('/v1/health')).body,
    scrape: async () => await text(`http://127.0.0.1:${metrics}/apisix/prometheus/metrics`)
  }
}

const dataPlane = { role: 'data_plane', role_data_plane: { config_provider: 'etcd' } }
const ok = '{"status":"ok"}\n'

t.test('a data plane that was killed and starts while etcd is away serves what it knew, says so, and catches up', async t => {
  const { etcd, gateway, putRoute, store, ask, ready, health, scrape } = await startWorld(t, dataPlane)
  const loaded = async () => Object.keys((await gateway.control('/v1/schema')).body['plugins'] ?? {}).sort().join()
  await store.put('/apisix/plugins', '[{"name":"prometheus"},{"name":"cors"}]')
  await putRoute('kept')
  const revision = await putRoute('deleted')
  await until(async () => await ask('deleted') === 200 && await loaded() === 'cors,prometheus')
  t.match(await health(), { status: 'ok', configuration: { source: 'store', connected: true, age: 0 } })
  t.match(await scrape(), /^apisix_config_connected 1$/m)
  await gateway.logged(new RegExp(`"revision":${revision},"changed":\\d+,"msg":"the last good configuration is on disk"`))
  await gateway.stop('SIGKILL')

  const file = join(gateway.folder, 'data', 'last-good.db')
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.notMatch(await readFile(file, 'latin1'), 'canary', 'nothing stands there in clear')

  await store.delete('/apisix/routes/deleted')
  await putRoute('added')
  await etcd.compact() // the events between are gone for good
  await etcd.stop()
  await gateway.run()
  t.match(gateway.output, /"reason":"http:\/\/127\.0\.0\.1:\d+: connection refused","revision":\d+,"entries":3,"asOf":"[^"]+","msg":"the store is away: serving the last good configuration from disk"/)
  t.same([await ask('kept'), await ask('deleted'), await ask('added')], [200, 200, 404])
  t.equal(await loaded(), 'cors,prometheus', 'the list of plugins was kept too')
  t.equal(await ready(), ok)
  t.match(await health(), { status: 'degraded', configuration: { source: 'disk', connected: false }, reasons: [{ reason: 'the store is away since the start: what is served was read from disk' }] })
  const metrics = await scrape()
  t.match(metrics, /^apisix_config_connected 0$/m)
  t.match(metrics, /^apisix_config_source{source="disk"} 1$/m)
  t.match(metrics, /^apisix_config_age_seconds \d+\.\d+$/m)

  const stopLoad = startSteadyLoad(async () => await ask('kept'))
  await etcd.restart()
  await gateway.logged('the store is there: what was read from disk has caught up with it')
  await until(async () => await ask('added') === 200 && await ask('deleted') === 404)
  t.same(await stopLoad(), [], 'no request noticed')
  t.match(await health(), { status: 'ok', configuration: { source: 'store', connected: true, age: 0 }, reasons: [] })
  t.match(await scrape(), /^apisix_config_source{source="store"} 1$/m)

  await t.test('without anything to serve it opens no port, says why, and starts by itself when etcd is there', async t => {
    await gateway.stop()
    await writeFile(file, 'spoilt'.repeat(10_000))
    await etcd.stop()
    const running = gateway.run()
    await gateway.logged('waiting for the store, no traffic is taken')
    t.match(gateway.output, /"code":"STORE_ERR_COPY_UNUSABLE"[^\n]*"msg":"the last good configuration on disk cannot be used"/)
    t.equal(await ask('kept'), undefined)
    t.match(await ready(), /"error":"waiting for the configuration: http:\/\/127\.0\.0\.1:\d+: connection refused"/)
    await etcd.restart()
    await running
    t.equal(await ask('kept'), 200)
    t.equal(await ready(), ok)
  })

  await t.test('it may be stopped while it waits', async t => {
    await gateway.stop()
    await etcd.stop()
    await writeFile(file, '')
    const running = gateway.run()
    await gateway.logged('waiting for the store, no traffic is taken')
    t.notMatch(gateway.output, 'cannot be used', 'an empty file is none')
    const ended = t.rejects(running, /the gateway ended with 0/)
    t.equal(await gateway.stop(), 0)
    await ended
  })
})

t.test('a traditional gateway starts from disk too: its Admin API answers 503 until etcd is there', async t => {
  const { etcd, gateway, putRoute, ask, store } = await startWorld(t, { role_traditional: { config_provider: 'etcd' } })
  await putRoute('one')
  await until(async () => await ask('one') === 200)
  await gateway.stop()
  await store.deletePrefix('/apisix/upstreams/') // its placeholder
  await etcd.stop()
  await gateway.run()
  t.equal(await ask('one'), 200)
  const route = { uri: '/2', upstream: { nodes: {} } }
  for (const [method, path, body] of [['GET', 'routes/1'], ['GET', 'routes'], ['PUT', 'routes/2', route], ['DELETE', 'routes/one']] as const) {
    t.match(await gateway.admin(method, path, body), { status: 503, body: { error_msg: /^http:\/\/127\.0\.0\.1:\d+: connection refused$/ } }, `${method} ${path}`)
  }
  await etcd.restart()
  await until(async () => (await gateway.admin('PUT', 'routes/2', route)).status === 201)
  await until(async () => await store.get('/apisix/upstreams/') !== undefined, () => 'its placeholders are written when it can')
  await gateway.stop()

  await t.test('and without anything on disk it is given up, as in APISIX', async t => {
    await writeFile(join(gateway.folder, 'data', 'last-good.db'), '')
    await etcd.stop()
    await t.rejects(gateway.run(), /the gateway ended with 1:\n(.*\n)*clinch: STORE_ERR_UNAVAILABLE: http:\/\/127\.0\.0\.1:\d+: connection refused\n/)
  })
})
