import { createStatusApi } from '@clinch/gateway'
import t from 'tap'
import { TestGateway } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'

const ok = '{"status":"ok"}\n'

t.test('a process is ready when every worker has its configuration', async t => {
  let workers: ReadonlyArray<{ id: number, ready: boolean }> = []
  const api = createStatusApi({ workerCount: 2, workers: () => workers, log: recordLog().log })
  t.teardown(() => api.close())
  const { port } = await api.listen({ host: '127.0.0.1', port: 0 })
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    return [response.status, response.headers.get('content-type'), await response.text()]
  }
  const states = [
    [[], 503, '{"status":"error","error":"worker count: 2 but status report count: 0"}\n'],
    [[{ id: 1, ready: true }], 503, '{"status":"error","error":"worker count: 2 but status report count: 1"}\n'],
    [[{ id: 1, ready: true }, { id: 9, ready: false }], 503, '{"status":"error","error":"worker id: 9 has not received configuration"}\n'],
    [[{ id: 1, ready: true }, { id: 9, ready: true }], 200, ok]
  ] as const
  for (const [state, status, text] of states) {
    workers = state
    t.same(await ask('/status/ready'), [status, 'application/json', text])
    t.same(await ask('/status'), [200, 'application/json', ok])
  }
  t.match(await ask('/elsewhere'), [404, 'text/html; charset=utf-8'])
  t.match(await ask('/status', 'POST'), [404, 'text/html; charset=utf-8'])
})

t.test('a process without workers, a control plane, is ready as soon as it answers', async t => {
  const api = createStatusApi({ workerCount: 0, workers: () => [], log: recordLog().log })
  t.teardown(() => api.close())
  const { port } = await api.listen({ host: '127.0.0.1', port: 0 })
  t.equal(await (await fetch(`http://127.0.0.1:${port}/status/ready`)).text(), ok)
})

t.test('a gateway has a status API when apisix.status is there, and none without', async t => {
  const apisix = { node_listen: 0, ssl: { listen: [{ port: 0 }] }, control: { port: 0 } }
  const [with_, without] = await Promise.all([
    TestGateway.start(t, { workers: 1, plugins: [], config: { apisix: { ...apisix, status: { port: 0 } } } }),
    TestGateway.start(t, { workers: 1, plugins: [], config: { apisix } })
  ])
  t.equal(await (await fetch(`${with_.statusUrl}/status/ready`)).text(), ok)
  t.equal(without.statusUrl, '')
})
