import t, { type Test } from 'tap'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createAuthority } from '../support/pki.ts'
import { clientFor, responderFor, tlsFiles, told } from './asking.ts'

t.test('79. a configured proxy is gone through, for http and https', async t => {
  const tls = createAuthority({ name: 'TLS CA' })
  const plain = await responderFor(t)
  const secure = await responderFor(t, { tls: tlsFiles(tls.issue({ sans: ['127.0.0.1'] })) })
  const proxy = await createProxy(t)
  const client = clientFor(t, { egressProxy: proxy.url, ca: tls.certPem })
  t.equal(await told(client, plain.url), 'answer')
  t.equal(await told(client, secure.url), 'answer')
  t.match(proxy.seen, [`GET ${plain.url}/`, `CONNECT ${secure.url.slice(8)}`])
  t.equal(plain.requests[0]?.headers.host, plain.url.slice(7))
  t.match(await told(clientFor(t, { egressProxy: proxy.url }), secure.url), /^RESPONDER_TLS/, 'TLS is verified end to end')
  t.equal(await told(client, 'http://10.0.0.1/', { guarded: true }), 'URL_REFUSED: address out of bounds: 10.0.0.1', 'the rules for hosts still hold')
})

t.test('79. a dead proxy is RESPONDER_CONNECT', async t => {
  const responder = await responderFor(t)
  const dead = await responderFor(t)
  await dead.stop()
  t.equal(await told(clientFor(t, { egressProxy: dead.url }), responder.url), 'RESPONDER_CONNECT: connection refused')
  t.equal(await told(clientFor(t, { egressProxy: dead.url }), 'https://ocsp.test/'), 'RESPONDER_CONNECT: connection refused')
  t.equal(responder.count, 0)
})

t.test('79. a silent proxy is RESPONDER_TIMEOUT, and the connection to it is gone', async t => {
  const connections: Promise<unknown>[] = []
  const server = createServer(() => {}).on('connect', (_message, socket) => { socket.on('end', () => { socket.end() }).resume() }).on('connection', socket => { connections.push(once(socket, 'close')) }).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  const egressProxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const url of ['http://ocsp.test/', 'https://ocsp.test/']) {
    t.equal(await told(clientFor(t, { egressProxy, deadlineMs: 100 }), url), 'RESPONDER_TIMEOUT: timeout', url)
  }
  t.equal(connections.length, 2)
  await Promise.all(connections)
})

async function createProxy (t: Test): Promise<{ url: string, seen: string[] }> {
  const seen: string[] = []
  const server = createServer((message, response) => {
    seen.push(`${message.method} ${message.url}`)
    message.pipe(httpRequest(message.url ?? '', { method: message.method, headers: message.headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    }))
  }).on('connect', (message, socket) => {
    seen.push(`CONNECT ${message.url}`)
    const [host, port] = (message.url ?? '').split(':')
    const upstream = connect(Number(port), host, () => { socket.write('HTTP/1.1 200 OK\r\n\r\n'); socket.pipe(upstream).pipe(socket) })
    for (const end of [socket, upstream]) end.on('error', () => { socket.destroy(); upstream.destroy() })
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
