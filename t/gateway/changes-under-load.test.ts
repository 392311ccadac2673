import { connect, type ClientHttp2Session } from 'node:http2'
import { Pool } from 'undici'
import t, { type Test } from 'tap'
import { TestGateway, until } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { startUpstream } from '../support/upstream.ts'

const reloads = 10
const changes = 100
const requestsAtOnce = 8

t.test('plugin reloads and changes of the configuration under load fail no request', async t => {
  const upstream = await startUpstream({ handler: (request, response) => { request.on('end', () => response.end('served')).resume() } })
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, {
    plugins: ['request-id', 'ip-restriction', 'proxy-rewrite'],
    config: { nginx_config: { worker_processes: 2, http: { keepalive_requests: 1_000_000 } } } // the load keeps to its connections
  })
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com' })
  await gateway.admin('PUT', 'upstreams/1', { nodes: { [upstream.node]: 1 } })
  await gateway.admin('PUT', 'routes/1', { uri: '/load', upstream_id: '1', plugins: { 'request-id': {} } })
  const origin = `https://test.com:${gateway.httpsPort}`
  const over = new AbortController()
  await until(async () => await servedByAllWorkers(origin))
  const clients = [keepAliveClient(t, origin), http2Client(t, origin)]
  const load = clients.map(async ask => {
    let answered = 0
    await Promise.all(Array.from({ length: requestsAtOnce }, async () => {
      while (!over.signal.aborted) {
        const { status, body } = await ask()
        if (status !== 200 || body !== 'served') throw new Error(`${status} ${body}`)
        answered++
      }
    }))
    return answered
  })
  for (let change = 0; change < changes; change++) {
    const { status } = await changed(gateway, change, upstream.node)
    t.ok(status < 300, `change ${change}: ${status}`)
    if (change % (changes / reloads) === 0) t.equal((await gateway.admin('PUT', 'plugins/reload')).status, 200)
  }
  over.abort()
  for (const [at, answered] of (await Promise.all(load)).entries()) t.ok(answered > changes, `client ${at}: ${answered} requests`)
})

// What the load goes over changes every time: its route, the upstream behind it, what runs for all, and what is beside it.
async function changed (gateway: TestGateway, change: number, node: string) {
  switch (change % 4) {
    case 0: return await gateway.admin('PUT', 'routes/1', { uri: '/load', upstream_id: '1', plugins: { 'request-id': { header_name: `X-Request-${change}` }, 'proxy-rewrite': { headers: { set: { 'x-change': String(change) } } } } })
    case 1: return await gateway.admin('PUT', 'upstreams/1', { nodes: { [node]: 1 + change }, retries: 1 })
    case 2: return await gateway.admin('PUT', 'global_rules/1', { plugins: { 'ip-restriction': { blacklist: [`10.0.0.${change}`] } } })
    default: return await gateway.admin('PUT', `routes/beside-${change}`, { uri: `/beside/${change}/*`, upstream_id: '1' })
  }
}

// Each worker gets the configuration by itself, and takes its share of new connections.
async function servedByAllWorkers (origin: string): Promise<boolean> {
  const answers = await Promise.allSettled(Array.from({ length: 4 * requestsAtOnce }, async () => {
    const client = keepAlivePool(origin, 1)
    try {
      return (await client.request({ path: '/load', method: 'GET', headers: { host: 'test.com' } })).statusCode
    } finally {
      await client.destroy()
    }
  }))
  return answers.every(answer => answer.status === 'fulfilled' && answer.value === 200)
}

function keepAlivePool (origin: string, connections: number): Pool {
  return new Pool(`https://127.0.0.1:${new URL(origin).port}`, { connections, allowH2: false, connect: { rejectUnauthorized: false, servername: 'test.com' } })
}

type Ask = () => Promise<{ readonly status: number, readonly body: string }>

function keepAliveClient (t: Test, origin: string): Ask {
  const pool = keepAlivePool(origin, requestsAtOnce)
  t.teardown(async () => { await pool.destroy() })
  return async () => {
    const { statusCode, body } = await pool.request({ path: '/load', method: 'GET', headers: { host: 'test.com' } })
    return { status: statusCode, body: await body.text() }
  }
}

function http2Client (t: Test, origin: string): Ask {
  const { port } = new URL(origin)
  const session: ClientHttp2Session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, servername: 'test.com' })
  t.teardown(() => { session.destroy() })
  return async () => await new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/load', ':authority': 'test.com' })
    let status = 0
    let body = ''
    stream.setEncoding('utf8')
      .on('response', headers => { status = Number(headers[':status']) })
      .on('data', (text: string) => { body += text })
      .on('end', () => resolve({ status, body }))
      .on('error', reject)
  })
}
