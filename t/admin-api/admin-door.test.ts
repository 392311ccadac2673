import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import t from 'tap'
import { firstFlight } from '../support/first-flight.ts'
import { createAuthority } from '../support/pki.ts'
import { adminKey, startAdmin, viewerKey } from './admin-server.ts'

const routes = '/apisix/admin/routes'

t.test('of several faults the first in the order of checks is answered', async t => {
  const { send } = await startAdmin(t)
  const closed = await startAdmin(t, { settings: { allowAdmin: ['10.0.0.1'] } })
  const oversized = 'x'.repeat(1_572_865)
  const asks = [
    [closed, 'GET', '/elsewhere', undefined, {}, 403],
    [closed, 'OPTIONS', routes, undefined, {}, 403],
    [closed, 'HEAD', '/apisix/admin', undefined, {}, 403],
    [{ send }, 'OPTIONS', '/elsewhere', undefined, {}, 404],
    [{ send }, 'OPTIONS', '/apisix/admin', undefined, {}, 200],
    [{ send }, 'OPTIONS', '/apisix/admin/nothing/of/this', undefined, {}, 200],
    [{ send }, 'HEAD', routes, undefined, {}, 404],
    [{ send }, 'PUT', '/apisix/admin', undefined, {}, 404],
    [{ send }, 'PUT', `${routes}/1?ttl=x`, '{', {}, 401],
    [{ send }, 'PUT', `${routes}/1?ttl=x`, '{', { 'x-api-key': viewerKey }, 401],
    [{ send }, 'PUT', '/apisix/admin/nothing/1?ttl=x', '{', { 'x-api-key': adminKey }, 404],
    [{ send }, 'PUT', `${routes}/1?ttl=x`, oversized, { 'x-api-key': adminKey }, 400]
  ] as const
  for (const [api, method, path, body, headers, status] of asks) t.equal((await api.send(method, path, body, headers)).status, status, `${method} ${path}`)
  t.match((await send('PUT', `${routes}/1?ttl=x`, oversized)).body.error_msg, /request size 1572865 is greater/)
  t.match((await send('PUT', `${routes}/1?ttl=x`, '{')).body.error_msg, /^invalid request body: /)
  t.equal((await send('PUT', `${routes}/1?ttl=x`, {})).body.error_msg, 'invalid argument ttl: should be a number')
})

t.test('the answers carry the headers that clients go by', async t => {
  const { send } = await startAdmin(t)
  await send('PUT', `${routes}/1`, { uri: '/a', plugins: {} })
  const asks = [
    ['GET', routes, {}, 401, 'application/json', null],
    ['GET', routes, undefined, 200, 'application/json', 'v3'],
    ['GET', `${routes}/9`, undefined, 404, 'application/json', 'v3'],
    ['GET', `${routes}?page=1&page_size=5`, undefined, 400, 'application/json', 'v3'],
    ['PUT', `${routes}/1`, undefined, 400, 'application/json', 'v3'],
    ['GET', '/apisix/admin/nothing', undefined, 404, 'application/json', null],
    ['GET', '/apisix/admin/plugins/list', undefined, 200, 'application/json', null],
    ['PUT', '/apisix/admin/plugins/reload', undefined, 200, 'application/json', null],
    ['POST', '/apisix/admin/schema/validate/routes', undefined, 400, 'application/json', null],
    ['GET', '/apisix/admin', undefined, 404, 'text/html; charset=utf-8', null]
  ] as const
  for (const [method, path, headers, status, type, version] of asks) {
    const reply = await send(method, path, undefined, headers)
    t.same([reply.status, reply.headers.get('content-type'), reply.headers.get('x-api-version')], [status, type, version], `${method} ${path}`)
    t.match(reply.headers.get('server'), /^Clinch\//)
  }
})

t.test('what is no HTTP, or has too large a head, gets a page and is closed', async t => {
  const { url } = await startAdmin(t)
  const asks = [
    ['GARBAGE\r\n\r\n', 400],
    ['GET /apisix/admin/%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431]
  ] as const
  for (const [request, status] of asks) {
    const answer = await converse(connect(Number(new URL(url).port), '127.0.0.1'), request)
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
    t.match(answer, /\r\nserver: Clinch\/.*<h1>/is)
  }
})

t.test('a client that does not go on is cut off, and the others are served meanwhile', async t => {
  const { url, send } = await startAdmin(t, { limits: { headMs: 100, requestMs: 300, idleMs: 1000 } })
  const port = Number(new URL(url).port)
  const slowHead = converse(connect(port, '127.0.0.1'), 'GET /apisix/admin HTTP/1.1\r\nHost: a\r\n')
  const slowBody = converse(connect(port, '127.0.0.1'), `PUT ${routes}/1 HTTP/1.1\r\nHost: a\r\nX-API-KEY: ${adminKey}\r\nContent-Length: 100\r\n\r\n{`)
  const silent = converse(connect(port, '127.0.0.1'), '')
  t.equal((await send('GET', routes)).status, 200)
  t.match(await slowHead, /^HTTP\/1\.1 408 Request Time-out\r\n/)
  t.match(await slowBody, /^HTTP\/1\.1 408 Request Time-out\r\n/)
  t.match(await silent, /^HTTP\/1\.1 408 |^$/)
  t.equal((await send('GET', `${routes}/1`)).status, 404, 'half a body has written nothing')
})

t.test('over TLS a client that does not go on with its handshake is cut off', async t => {
  const leaf = createAuthority().issue({ sans: ['localhost'] })
  const { url } = await startAdmin(t, { tls: { certPem: leaf.chainPem, keyPem: leaf.keyPem }, limits: { headMs: 200, idleMs: 60_000 } })
  const port = Number(new URL(url).port)
  const socket = connect(port, '127.0.0.1')
  socket.write(await firstFlight('localhost'))
  t.ok((await converse(socket, '')).length > 0, 'after the first words of the server')
})

t.test('there are only so many connections', async t => {
  const { url } = await startAdmin(t, { limits: { connections: 1 } })
  const port = Number(new URL(url).port)
  const first = connect(port, '127.0.0.1')
  t.teardown(() => first.destroy())
  await new Promise(resolve => first.once('connect', resolve))
  t.equal(await converse(connect(port, '127.0.0.1'), 'HEAD /apisix/admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), '')
})

t.test('with a client CA nobody gets in without a certificate of it, not even on a resumed session', async t => {
  const authority = createAuthority()
  const server = authority.issue({ sans: ['localhost'] })
  const operator = authority.issue({ subject: 'operator' })
  const stranger = createAuthority({ name: 'Stranger' }).issue({ subject: 'operator' })
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { url, lines } = await startAdmin(t, { tls: { certPem: server.chainPem, keyPem: server.keyPem, clientCaPem: authority.certPem, sessionTickets: true, protocols: [version] } })
    const ask = (options: ConnectionOptions) => askOverTls({ port: Number(new URL(url).port), servername: 'localhost', ca: authority.certPem, ...options })
    const cases = [
      ['the operator', { cert: operator.certPem, key: operator.keyPem }, /^HTTP\/1\.1 200 /],
      ['nobody', {}, /^HTTP\/1\.1 400 .*No required SSL certificate was sent/s],
      ['a stranger', { cert: stranger.certPem, key: stranger.keyPem }, /^HTTP\/1\.1 400 .*The SSL certificate error/s]
    ] as const
    for (const [who, identity, answer] of cases) {
      const first = await ask(identity)
      t.match(first.answer, answer, `${who}, ${version}`)
      t.ok(first.session, `${who} may come back, ${version}`)
      const again = await ask({ ...identity, session: first.session })
      t.ok(again.isResumed, `${who} comes back, ${version}`)
      t.match(again.answer, answer, `${who} again, ${version}`)
    }
    t.equal(lines.filter(line => line.includes('client certificate refused')).length, 4)
  }
})

t.test('over TLS only what was allowed is spoken, and no ticket is given unless asked for', async t => {
  const authority = createAuthority()
  const server = authority.issue({ sans: ['localhost'] })
  const { url } = await startAdmin(t, { tls: { certPem: server.chainPem, keyPem: server.keyPem, protocols: ['TLSv1.2'], ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' } })
  const ask = (options: ConnectionOptions) => askOverTls({ port: Number(new URL(url).port), servername: 'localhost', ca: authority.certPem, ...options })
  const answer = await ask({})
  t.match(answer, { answer: /^HTTP\/1\.1 200 /, protocol: 'TLSv1.2', cipher: 'ECDHE-ECDSA-AES256-GCM-SHA384' })
  t.notOk((await ask({ session: answer.session })).isResumed)
  await t.rejects(ask({ minVersion: 'TLSv1.3' }))
  await t.rejects(ask({ ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }))
})

/** Sends, and collects what comes back until the connection is closed. */
async function converse (socket: Socket, request: string): Promise<string> {
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => { answer += text })
  socket.on('error', () => {})
  const closed = new Promise(resolve => socket.once('close', resolve))
  if (request !== '') socket.write(request)
  await closed
  return answer
}

interface TlsAnswer { readonly answer: string, readonly session: Buffer | undefined, readonly isResumed: boolean, readonly protocol: string | null, readonly cipher: string }

async function askOverTls (options: ConnectionOptions): Promise<TlsAnswer> {
  const socket = connectTls({ host: '127.0.0.1', ...options })
  let session: Buffer | undefined
  socket.on('session', (offered: Buffer) => { session = offered })
  await new Promise<void>((resolve, reject) => { socket.once('secureConnect', resolve).once('error', reject) })
  const facts = { isResumed: socket.isSessionReused(), protocol: socket.getProtocol(), cipher: socket.getCipher().name }
  const answer = await converse(socket, `GET ${routes} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: ${adminKey}\r\nConnection: close\r\n\r\n`)
  return { answer, session, ...facts }
}
