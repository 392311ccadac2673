import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { ask, readToEnd } from '../data-plane/http-client.ts'
import { TestGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

t.test('config.yaml limits the size of bodies and the time between two parts of them', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, {
    plugins: ['client-control'],
    config: { nginx_config: { worker_processes: 1, worker_shutdown_timeout: '5s', http: { client_max_body_size: '1k', client_body_timeout: '100ms' } } }
  })
  const route = (uri: string, plugins: object) => ({ uri, plugins, upstream: { nodes: { [upstream.node]: 1 } } })
  t.equal((await gateway.admin('PUT', 'routes/1', route('/usual', {}))).status, 201)
  t.equal((await gateway.admin('PUT', 'routes/2', route('/large', { 'client-control': { max_body_size: 2048 } }))).status, 201)
  const statusOf = async (path: string, bytes: number) => (await ask(gateway.httpPort, { method: 'POST', path, body: 'x'.repeat(bytes), headers: { 'Transfer-Encoding': 'chunked' } })).status
  t.equal(await statusOf('/usual', 1024), 200)
  t.equal(await statusOf('/usual', 1025), 413)
  t.equal(await statusOf('/large', 2048), 200)
  t.equal(await statusOf('/large', 2049), 413)

  const socket = connect(gateway.httpPort, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  socket.write('POST /usual HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345')
  t.match(await readToEnd(socket), /^HTTP\/1\.1 408 /)
  await gateway.logged('PROXY_ERR_BODY_TIMEOUT')
})
