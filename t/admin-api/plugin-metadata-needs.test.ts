import { createKeyring } from '@clinch/store'
import { createDocumentChecker } from '@clinch/admin-api'
import { loadPlugins } from '@clinch/plugins'
import t from 'tap'
import { recordLog } from '../support/log-recorder.ts'
import { startAdmin } from './admin-server.ts'

const admin = '/apisix/admin'
const upstream = { nodes: { '127.0.0.1:1980': 1 } }
const complaint = 'failed to check the configuration of plugin file-logger err: property "path" is not set in either the plugin conf or the metadata'
const logging = (conf: object = {}) => ({ plugins: { 'file-logger': conf } })

t.test('file-logger needs a path: its own, or one in the metadata by the time it is written', async t => {
  const { send } = await startAdmin(t, { plugins: ['file-logger'] })
  const writes: ReadonlyArray<readonly [method: string, path: string, body: object]> = [
    ['POST', 'routes', { uri: '/a', upstream }], ['PUT', 'routes/1', { uri: '/a', upstream }], ['PUT', 'services/1', { upstream }],
    ['PUT', 'plugin_configs/1', {}], ['PUT', 'consumer_groups/1', {}], ['PUT', 'global_rules/1', {}], ['PUT', 'consumers', { username: 'jack' }]
  ]
  for (const [method, path, body] of writes) {
    const reply = await send(method, `${admin}/${path}`, { ...body, ...logging() })
    t.strictSame([reply.status, reply.body], [400, { error_msg: complaint }], path)
  }
  t.equal((await send('PUT', `${admin}/routes/1`, { uri: '/a', upstream, ...logging({ path: 'a.log' }) })).status, 201)
  t.equal((await send('PUT', `${admin}/routes/2`, { uri: '/a', upstream, ...logging({ _meta: { disable: true } }) })).status, 201, 'it does nothing')
  t.equal((await send('PATCH', `${admin}/routes/1`, logging({ path: null }))).status, 400)

  await send('PUT', `${admin}/plugin_metadata/file-logger`, { log_format: { host: '$host' } })
  t.equal((await send('PUT', `${admin}/routes/3`, { uri: '/a', upstream, ...logging() })).status, 400, 'metadata without a path')
  await send('PUT', `${admin}/plugin_metadata/file-logger`, { path: 'all.log' })
  for (const [method, path, body] of writes) t.ok((await send(method, `${admin}/${path}`, { ...body, ...logging() })).status < 300, path)
  t.equal((await send('DELETE', `${admin}/plugin_metadata/file-logger`)).status, 200, 'what is stored has to bear it')
})

t.test('in a document it is the metadata of the document', async t => {
  const catalog = await loadPlugins(['file-logger'], { baseDir: import.meta.dirname, attrs: {}, log: recordLog().log })
  const check = createDocumentChecker({ keyring: createKeyring(null), plugins: () => catalog })
  const routes = [{ id: '1', uri: '/a', upstream, ...logging() }]
  t.match((await check({ routes })).faults, [{ collection: 'routes', reason: complaint }])
  t.same((await check({ routes, plugin_metadata: [{ id: 'file-logger', path: 'all.log' }] })).faults, [])
})
