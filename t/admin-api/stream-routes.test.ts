import t from 'tap'
import { startAdmin } from './admin-server.ts'

const at = '/apisix/admin/stream_routes/1'
const upstream = { nodes: { '10.0.0.7:1': 1 } }

t.test('without stream mode every method is refused before the body is read', async t => {
  const { send } = await startAdmin(t)
  for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE']) {
    const reply = await send(method, at, method === 'PUT' ? '{' : undefined)
    t.strictSame([reply.status, reply.body], [400, { error_msg: 'stream mode is disabled, can not add stream routes' }], method)
    t.equal(reply.headers.get('x-api-version'), null)
  }
  t.equal((await send('GET', '/apisix/admin/stream_routes')).status, 400)
})

t.test('with stream mode they are stored, and the log says that nobody serves them', async t => {
  const { send, lines } = await startAdmin(t, { streamMode: true })
  t.ok(lines.some(line => line.includes('this gateway proxies no streams')))
  t.equal((await send('PUT', at, { server_port: 9100, sni: '*.a.test', remote_addr: '10.0.0.0/8', upstream: { ...upstream, type: 'chash' } })).status, 201, 'the embedded upstream is held against its schema only')
  t.equal((await send('GET', '/apisix/admin/stream_routes?filter=upstream_id%3Du')).body.total, 0)
})

t.test('a stream route is refused in the words of APISIX', async t => {
  const { send, store } = await startAdmin(t, { streamMode: true })
  await store.put('/apisix/stream_routes/redis', JSON.stringify({ id: 'redis', protocol: { name: 'redis' } }))
  const cases: ReadonlyArray<readonly [body: object, sentence: string]> = [
    [{ upstream_id: 'u' }, 'failed to fetch upstream info by upstream id [u], response code: 404'],
    [{ service_id: 's' }, 'failed to fetch service info by service id [s], response code: 404'],
    [{ remote_addr: '1.2.3.400/8' }, 'invalid remote_addr: 1.2.3.400/8'],
    [{ server_addr: '::1/999' }, 'invalid server_addr: ::1/999'],
    [{ remote_addr: 'x' }, 'invalid configuration: property "remote_addr" validation failed: object matches none of the required'],
    [{ plugins: { 'request-id': {} } }, 'unknown plugin [request-id]'],
    [{ protocol: {} }, 'invalid configuration: property "protocol" validation failed: property "name" is required'],
    [{ protocol: { name: 'redis' } }, 'unknown protocol [redis]'],
    [{ protocol: { name: 'redis', superior_id: 1 } }, 'stream route can not set itself as superior_id'],
    [{ protocol: { name: 'redis', superior_id: 'none' } }, 'failed to fetch stream routes[none], response code: 404'],
    [{ protocol: { name: 'dubbo', superior_id: 'redis' } }, 'protocol mismatch: subordinate protocol [dubbo] does not match superior protocol [redis]'],
    [{ protocol: { name: 'redis', superior_id: 'redis' } }, 'unknown protocol [redis]'],
    [{ protocol: { name: 'redis', logger: [{ name: 'l' }] } }, 'invalid configuration: property "protocol" validation failed: property "logger" validation failed: failed to validate item 1: property "conf" is required when "name" is set']
  ]
  for (const [body, sentence] of cases) {
    const reply = await send('PUT', at, body)
    t.strictSame([reply.status, reply.body], [400, { error_msg: sentence }], sentence)
  }
})
