import t from 'tap'
import { startAdmin } from './admin-server.ts'

const at = (path: string) => `/apisix/admin/plugins${path}`

t.test('the list names the loaded plugins, highest priority first', async t => {
  const { send } = await startAdmin(t, { plugins: ['ocsp-stapling', 'ip-restriction', 'request-id', 'no-such-plugin'] })
  const reply = await send('GET', at('/list'))
  t.equal(reply.status, 200)
  t.equal(reply.text, '["request-id","ip-restriction","ocsp-stapling"]\n')
  t.equal(reply.headers.get('x-api-version'), null)
  t.equal((await send('GET', at('/list?subsystem=stream'))).text, '[]\n')
  const other = await send('GET', at('/list?subsystem=other'))
  t.equal(other.status, 400)
  t.equal(other.text, 'invalid subsystem passed')
})

t.test('a plugin\'s schema is served with _meta in it, under two paths', async t => {
  const { send } = await startAdmin(t)
  for (const path of [at('/request-id'), '/apisix/admin/schema/plugins/request-id', at('/request-id?subsystem=http')]) {
    const reply = await send('GET', path)
    t.equal(reply.status, 200)
    t.match(reply.body, { type: 'object', $comment: String, properties: { header_name: { type: 'string' }, _meta: { type: 'object' } } })
    t.equal(reply.headers.get('x-api-version'), 'v3')
  }
  const consumer = await send('GET', at('/request-id?schema_type=consumer'))
  t.equal(consumer.status, 400)
  t.equal(consumer.body.error_msg, 'not found schema')
})

t.test('a plugin that is not loaded is not found', async t => {
  const { send } = await startAdmin(t)
  for (const path of [at('/nope'), at(''), '/apisix/admin/schema/plugins', '/apisix/admin/schema/plugins/nope']) {
    const reply = await send('GET', path)
    t.equal(reply.status, 404, path)
    t.equal(reply.body.error_msg, 'plugin not found in subsystem http')
  }
  t.equal((await send('GET', at('/request-id?subsystem=stream'))).body.error_msg, 'plugin not found in subsystem stream')
  const odd = await send('GET', at('/request-id?subsystem=asdf'))
  t.equal(odd.status, 400)
  t.equal(odd.body.error_msg, 'unsupported subsystem: asdf')
})

t.test('all=true tells everything of every plugin', async t => {
  const { send } = await startAdmin(t)
  const { body } = await send('GET', at('?all=true'))
  t.strictSame(Object.keys(body), ['request-id', 'ip-restriction', 'ocsp-stapling'])
  t.match(body['ip-restriction'], { version: 0.1, priority: 3000, schema: { properties: { _meta: { type: 'object' } } } })
  t.notOk('type' in body['ip-restriction'])
  t.strictSame((await send('GET', at('?all=true&subsystem=stream'))).body, {})
})

t.test('reload answers done when the plugins are loaded', async t => {
  const plugins = ['request-id']
  const { send } = await startAdmin(t, { plugins })
  plugins.push('ip-restriction')
  t.strictSame((await send('GET', at('/list'))).body, ['request-id'])
  const reply = await send('PUT', at('/reload'))
  t.equal(reply.status, 200)
  t.equal(reply.text, 'done')
  t.equal(reply.headers.get('content-type'), 'application/json')
  t.strictSame((await send('GET', at('/list'))).body, ['request-id', 'ip-restriction'])
})

t.test('a reload that fails says why', async t => {
  const { send, lines } = await startAdmin(t, { reloadPlugins: async () => { throw new Error('config.yaml is no YAML') } })
  const reply = await send('PUT', at('/reload'))
  t.equal(reply.status, 503)
  t.equal(reply.body.error_msg, 'config.yaml is no YAML')
  t.match(lines.map(line => JSON.parse(line)).filter(({ level }) => level === 40), [{ err: { code: 'ADMIN_ERR_RELOAD_FAILED' } }])
})

t.test('only PUT reloads', async t => {
  const { send } = await startAdmin(t)
  for (const method of ['GET', 'POST', 'DELETE', 'PATCH']) {
    const reply = await send(method, at('/reload'))
    t.equal(reply.status, 405)
    t.equal(reply.text, `{"error_msg":"please use PUT method to reload the plugins, ${method} method is not allowed."}\n`)
  }
})
