import t from 'tap'
import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { createAuthority } from '../support/pki.ts'
import { clientFor, request, responderFor, shortly, tlsFiles, told } from './asking.ts'

const hourMs = 3_600_000
const atLoopback = async (): Promise<{ address: string, family: 4 }[]> => [{ address: '127.0.0.1', family: 4 }]

t.test('68. 65 KiB and endless bodies, with and without Content-Length, chunked, are TOO_LARGE and memory stays flat', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t)
  for (const lie of ['oversized', 'oversizedChunked', 'endless'] as const) {
    responder.lie(lie)
    const before = process.memoryUsage().arrayBuffers
    t.match(await told(client, responder.url), /^TOO_LARGE/, lie)
    t.ok(process.memoryUsage().arrayBuffers - before < 8 * 2 ** 20, 'memory stays flat')
  }
  responder.lie({ status: 200, headers: { 'x-long': 'z'.repeat(20_000) } })
  t.match(await told(client, responder.url), /^TOO_LARGE/, 'headers are limited too')
  responder.lie(undefined)
  t.match(await told(clientFor(t, { maxResponseBytes: 100 }), responder.url), /^TOO_LARGE: \d{3} octets announced, at most 100 are allowed/)
})

t.test('69. one octet at a time, a header drip, and silence are RESPONDER_TIMEOUT at the deadline', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t, { deadlineMs: 200 })
  for (const lie of ['drip', 'dripHeader', 'hang'] as const) {
    responder.lie(lie)
    t.equal(await told(client, responder.url), 'RESPONDER_TIMEOUT: timeout', lie)
  }
})

t.test('69. a responder that is silent keeps nobody else waiting', async t => {
  const [silent, lively] = [await responderFor(t), await responderFor(t)]
  const client = clientFor(t)
  silent.hang()
  const waiting = client.ask(silent.url, request, { deadlineMs: 60_000 })
  t.equal(await told(client, lively.url), 'answer')
  silent.release()
  t.equal(shortly(await waiting), 'answer')
})

t.test('69. a responder that accepts and never speaks TLS is RESPONDER_TIMEOUT', async t => {
  const server = createTcpServer(socket => { socket.on('error', () => {}).resume() }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const connections: unknown[] = []
  server.on('connection', socket => { connections.push(once(socket, 'close')) })
  t.equal(await told(clientFor(t, { deadlineMs: 100 }), `https://127.0.0.1:${(server.address() as AddressInfo).port}/`), 'RESPONDER_TIMEOUT: timeout')
  await Promise.all(connections)
  t.equal(connections.length, 1, 'and the connection is gone')
})

t.test('70. a body that is cut off, empty, or reset midway is BODY_INCOMPLETE', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t)
  for (const lie of ['cutOff', 'resetMidway'] as const) {
    responder.lie(lie)
    t.equal(await told(client, responder.url), 'BODY_INCOMPLETE: the body is cut off', lie)
  }
  responder.lie('empty')
  t.equal(await told(client, responder.url), 'BODY_INCOMPLETE: empty body')
  responder.lie('reset')
  t.match(await told(client, responder.url), /^RESPONDER_CONNECT: connection (reset|closed) by peer/, 'a reset before the head is not')
})

t.test('71. a redirect, wherever to, is HTTP_STATUS and nothing is fetched', async t => {
  const [responder, other] = [await responderFor(t), await responderFor(t)]
  const client = clientFor(t)
  for (const location of [responder.url, other.url, 'http://169.254.169.254/latest/meta-data', 'file:///etc/passwd']) {
    for (const status of [301, 302, 303, 307, 308]) {
      responder.lie({ status, headers: { location } })
      t.equal(await told(client, responder.url), `HTTP_STATUS: bad http status code: ${status}`)
    }
  }
  t.equal(responder.count, 20, 'one request each')
  t.equal(other.count, 0)
})

t.test('72. text/html and no Content-Type are CONTENT_TYPE; capitals and parameters are accepted', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t)
  for (const [lie, expected] of [['wrongContentType', /^CONTENT_TYPE/], ['noContentType', /^CONTENT_TYPE/], ['shoutedContentType', /^answer/]] as const) {
    responder.lie(lie)
    t.match(await told(client, responder.url), expected, lie)
  }
})

t.test('73. a body that is gzip encoded is CONTENT_ENCODING', async t => {
  const responder = await responderFor(t)
  responder.lie('gzip')
  t.match(await told(clientFor(t), responder.url), /^CONTENT_ENCODING/)
  responder.lie({ status: 200, headers: { 'content-encoding': 'identity' } })
  t.equal(await told(clientFor(t), responder.url), 'answer')
})

t.test('74. 204, 404, 429 and 503 are HTTP_STATUS; Retry-After is read in seconds and as a date, and bounded', async t => {
  const nowMs = Date.UTC(2026, 5, 1)
  const responder = await responderFor(t)
  const client = clientFor(t, { now: () => nowMs })
  const answered = async (status: number, retryAfter?: string): Promise<unknown> => {
    responder.lie({ status, ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }) })
    return await client.ask(responder.url, request)
  }
  for (const status of [204, 206, 404, 429, 500, 503]) {
    t.same(await answered(status), { kind: 'failed', code: 'OCSP_ERR_HTTP_STATUS', detail: `bad http status code: ${status}` })
  }
  t.match(await answered(503, '120'), { retryAfterMs: 120_000 })
  t.match(await answered(429, new Date(nowMs + hourMs).toUTCString()), { retryAfterMs: hourMs })
  t.match(await answered(503, new Date(nowMs - hourMs).toUTCString()), { retryAfterMs: 0 })
  t.match(await answered(503, '9'.repeat(40)), { retryAfterMs: 365 * 24 * hourMs })
  for (const absurd of ['-5', 'soon', '1e9', '2026-06-01', 'Xxx, 99 Yyy 2026 99:99:99 GMT']) t.notMatch(await answered(503, absurd), { retryAfterMs: Number }, absurd)
  t.notMatch(await answered(404, '120'), { retryAfterMs: Number }, 'nobody else may ask for patience')
})

t.test('75. an https responder with an untrusted, expired or wrong-name certificate is RESPONDER_TLS', async t => {
  const trusted = createAuthority({ name: 'TLS CA' })
  const asked = async (certificate: { certPem: string, keyPem: string }): Promise<string> => {
    const responder = await responderFor(t, { tls: { cert: certificate.certPem, key: certificate.keyPem } })
    return await told(clientFor(t, { ca: trusted.certPem, resolve: atLoopback }), responder.url.replace('127.0.0.1', 'ocsp.test'))
  }
  t.equal(await asked(trusted.issue({ sans: ['ocsp.test'] })), 'answer')
  t.match(await asked(createAuthority().issue({ sans: ['ocsp.test'] })), /^RESPONDER_TLS: TLS handshake failed: UNABLE_TO_/)
  t.match(await asked(trusted.issue({ sans: ['ocsp.test'], notBeforeMs: Date.now() - 2 * hourMs, notAfterMs: Date.now() - hourMs })), /^RESPONDER_TLS: .*CERT_HAS_EXPIRED/)
  t.match(await asked(trusted.issue({ sans: ['other.test'] })), /^RESPONDER_TLS: .*ALTNAME_INVALID/)
  const plain = await responderFor(t)
  t.match(await told(clientFor(t), plain.url.replace('http', 'https')), /^RESPONDER_TLS/, 'and so is one that does not speak TLS')
  const byAddress = await responderFor(t, { tls: tlsFiles(trusted.issue({ sans: ['127.0.0.1'] })) })
  t.equal(await told(clientFor(t, { ca: [trusted.certPem] }), byAddress.url), 'answer', 'an address is verified as one')
  t.match(await told(clientFor(t), byAddress.url), /^RESPONDER_TLS/, 'the built-in authorities do not know it')
})

t.test('a responder that is not there is RESPONDER_CONNECT, and works once it is back', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t)
  await responder.stop()
  t.equal(await told(client, responder.url), 'RESPONDER_CONNECT: connection refused')
  await responder.restart()
  t.equal(await told(client, responder.url), 'answer')
})

t.test('what is not HTTP is HTTP_STATUS', async t => {
  const server = createTcpServer(socket => { socket.on('error', () => {}).end('SSH-2.0-OpenSSH\r\n\r\n') }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  t.match(await told(clientFor(t), `http://127.0.0.1:${(server.address() as AddressInfo).port}/`), /^HTTP_STATUS: bad http response/)
})

t.test('an address that is neither http nor https is URL_REFUSED', async t => {
  for (const url of ['ldap://ocsp.test/', 'file:///etc/passwd', 'not a url', '']) t.match(await told(clientFor(t), url), /^URL_REFUSED/)
})

t.test('a caller that gives up, and a client that is closed, end what is under way', async t => {
  const responder = await responderFor(t)
  responder.hang()
  const client = clientFor(t)
  const giveUp = new AbortController()
  const asked = client.ask(responder.url, request, { signal: giveUp.signal })
  giveUp.abort()
  t.equal(shortly(await asked), 'RESPONDER_TIMEOUT: aborted')
  const left = client.ask(responder.url, request)
  await client.close()
  t.equal(shortly(await left), 'RESPONDER_TIMEOUT: aborted')
  t.equal(await told(client, responder.url), 'RESPONDER_TIMEOUT: aborted', 'a closed client asks nobody')
  await client.close()
})
