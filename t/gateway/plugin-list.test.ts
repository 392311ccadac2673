import { openEtcdStore } from '@clinch/store'
import t, { type Test } from 'tap'
import { startEtcd } from '../support/etcd.ts'
import { TestGateway, until } from '../support/gateway.ts'

async function startCluster (t: Test) {
  const etcd = await startEtcd(t)
  const store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 5000 })
  t.teardown(async () => await store.close())
  return { store, deployment: (role: object) => ({ etcd: { host: [etcd.url] }, ...role }) }
}

const loadedBy = async (gateway: TestGateway) => Object.keys((await gateway.control('/v1/schema')).body['plugins'] ?? {}).sort()

t.test('a data plane loads what {prefix}/plugins lists, as long as it is there', async t => {
  const { store, deployment } = await startCluster(t)
  const folder = t.testdir({ 'greeter.ts': 'export default { name: \'greeter\', version: 0.1, priority: 1, schema: { type: \'object\' }, create: () => ({}) }' })
  await store.put('/apisix/plugins', '[{"name":"request-id"},{"name":"mqtt-proxy","stream":true},{"name":"not-here"}]')
  const gateway = await TestGateway.start(t, {
    folder, workers: 1, plugins: ['ip-restriction', './greeter.ts'], config: { deployment: deployment({ role: 'data_plane', role_data_plane: { config_provider: 'etcd' } }) }
  })
  t.same(await loadedBy(gateway), ['request-id'])
  t.match(gateway.output, 'failed to load plugin [not-here]')

  await store.put('/apisix/plugins', '[{"name":"proxy-rewrite"},{"name":"greeter"}]')
  await until(async () => (await loadedBy(gateway)).join() === 'greeter,proxy-rewrite', () => 'a name is looked up in config.yaml, which says where the plugin is')
  await store.put('/apisix/plugins', 'init_dir')
  await until(async () => (await loadedBy(gateway)).join() === 'greeter,ip-restriction', () => 'what is no list says nothing')
  await store.put('/apisix/plugins', '[]')
  await until(async () => (await loadedBy(gateway)).join() === '')
  await store.delete('/apisix/plugins')
  await until(async () => (await loadedBy(gateway)).join() === 'greeter,ip-restriction')
})

t.test('with an Admin API the list is written and not read', async t => {
  const { store, deployment } = await startCluster(t)
  const config = { deployment: deployment({ role_traditional: { config_provider: 'etcd' } }) }
  const folder = t.testdir()
  const names = async () => (JSON.parse((await store.get('/apisix/plugins'))?.value ?? 'null') as Array<{ name: string }> | null)?.map(({ name }) => name)
  const gateway = await TestGateway.start(t, { folder, workers: 1, plugins: ['request-id'], config })
  t.equal(await names(), undefined, 'a start makes none')
  t.equal((await gateway.admin('PUT', 'plugins/reload')).text, 'done')
  t.same(await names(), ['request-id'])

  await gateway.stop()
  await store.put('/apisix/plugins', '[{"name":"proxy-rewrite"}]')
  await gateway.run()
  t.same(await names(), ['request-id'], 'a start replaces a list of other names')
  t.same(await loadedBy(gateway), ['request-id'])
  await store.put('/apisix/plugins', '[{"name":"proxy-rewrite"}]')
  t.equal((await gateway.admin('PUT', 'routes/1', { uri: '/a', plugins: { 'request-id': {} } })).status, 201, 'what came after the list is known')
  t.same(await loadedBy(gateway), ['request-id'])
})
