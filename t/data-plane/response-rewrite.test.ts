import { brotliCompressSync, gzipSync } from 'node:zlib'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { UpstreamHandler } from '../support/upstream.ts'
import { serveBuiltIn } from './built-in-gateway.ts'
import { ask, speak } from './http-client.ts'

const filters = [{ regex: 'old', replace: 'new', scope: 'global' }]

function sending (body: string | Buffer, fields: Readonly<Record<string, string>> = {}, status = 200): UpstreamHandler {
  return (_request, response) => {
    response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...fields }).end(body)
  }
}

t.test('a body in the place of a compressed one has neither its coding nor its validators', async t => {
  const { port } = await serveBuiltIn(t, { conf: { 'response-rewrite': { body: 'plain' } }, handler: sending(gzipSync('old'), { 'Content-Encoding': 'gzip', ETag: '"x"', 'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }) })
  const { status, body, headers } = await ask(port)
  t.match({ status, body }, { status: 200, body: 'plain' })
  for (const name of ['content-encoding', 'etag', 'last-modified', 'content-length']) t.notOk(name in headers, name)
  t.equal(headers['transfer-encoding'], 'chunked')
})

t.test('filters see a large compressed body as a whole, and trailers follow it', async t => {
  const long = 'old news. '.repeat(100_000)
  const handler: UpstreamHandler = (_request, response) => {
    response.writeHead(200, { 'Content-Encoding': 'br', Trailer: 'X-Sum' })
    response.write(brotliCompressSync(long))
    response.addTrailers({ 'X-Sum': '42' })
    response.end()
  }
  const { port, gateway } = await serveBuiltIn(t, { conf: { 'response-rewrite': { filters } }, handler })
  const { body, trailers } = await ask(port)
  t.equal(body, long.replaceAll('old', 'new'))
  t.match(trailers, { 'x-sum': '42' })
  await gateway.over(1)
  t.match(gateway.outcomes, [{ status: 200, responseBytes: long.length }])
})

t.test('over HTTP/2 too', async t => {
  const { gateway } = await serveBuiltIn(t, { conf: { 'response-rewrite': { filters, headers: { set: { 'X-A': 'b' } } } }, handler: sending(gzipSync('old'), { 'Content-Encoding': 'gzip' }), protocol: 'http2' })
  const session = connect(gateway.url)
  t.teardown(() => session.destroy())
  const stream = session.request({ ':path': '/' })
  const [head] = await once(stream, 'response') as [IncomingHttpHeaders]
  t.match(head, { ':status': 200, 'x-a': 'b' })
  t.notOk('content-length' in head)
  t.equal(await text(stream), 'new')
})

t.test('answers of other plugins and pages of the gateway are rewritten as well', async t => {
  const conf = { 'client-control': { max_body_size: 1 }, 'response-rewrite': { status_code: 200, body: 'never mind', headers: { remove: ['Connection'] }, vars: [['status', '>=', 400]] } }
  const { port, upstream } = await serveBuiltIn(t, { conf })
  t.match(await ask(port, { method: 'POST', body: 'xx' }), { status: 200, body: 'never mind' })
  await upstream.close()
  t.match(await ask(port), { status: 200, reason: 'OK', body: 'never mind' })
})

t.test('the reason of another status is not that of the upstream', async t => {
  const { port } = await serveBuiltIn(t, { conf: { 'response-rewrite': { status_code: 404 } }, handler: sending('x') })
  t.match(await ask(port), { status: 404, reason: 'Not Found', body: 'x' })
})

t.test('an answer that has no body gets none', async t => {
  const conf = { 'response-rewrite': { body: 'body' } }
  const { port } = await serveBuiltIn(t, { conf, handler: (request, response) => response.writeHead(Number(request.url?.slice(1))).end() })
  for (const path of ['/204', '/304']) t.match(await speak(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 [23]04 [^]*\r\n\r\n$/)
  t.match(await speak(port, 'HEAD /200 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 200 [^]*\r\n\r\n$/)
})

t.test('a status without a body takes the body away, and one with a body invents none', async t => {
  const away = await serveBuiltIn(t, { conf: { 'response-rewrite': { status_code: 204 } }, handler: sending('upstream') })
  const answer = await speak(away.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.match(answer, /^HTTP\/1\.1 204 No Content\r\n[^]*\r\n\r\n$/)
  t.notMatch(answer, /content-length/i)
  await away.gateway.over(1)
  t.match(away.gateway.outcomes, [{ status: 204, responseBytes: 0 }])
  const other = await serveBuiltIn(t, { conf: { 'response-rewrite': { status_code: 200 } }, handler: (_request, response) => response.writeHead(304, { 'Content-Length': 1000 }).end() })
  t.match(await ask(other.port), { status: 200, body: '' })
})

t.test('a body over the limit arrives whole though it is too long to be filtered', async t => {
  const long = 'old '.repeat(50_000)
  const { port, gateway } = await serveBuiltIn(t, {
    conf: { 'response-rewrite': { filters, max_resp_body_size: 1000 } },
    handler: (request, response) => request.url === '/announced' ? sending(long, { ETag: 'x' })(request, response) : response.end(long)
  })
  t.match(await ask(port, { path: '/announced' }), { body: long, headers: { etag: 'x', 'content-length': String(long.length) } })
  t.equal((await ask(port)).body, long)
  t.equal(gateway.lines.filter(({ level, msg }) => level === 50 && msg === 'response body is longer than max_resp_body_size and passes unfiltered').length, 2)
})

t.test('a body that is damaged on its way here ends as a damaged one', async t => {
  const { port, gateway } = await serveBuiltIn(t, { conf: { 'response-rewrite': { filters } }, handler: sending('no gzip', { 'Content-Encoding': 'gzip' }) })
  await t.rejects(ask(port))
  await gateway.over(1)
  t.match(gateway.lines.filter(({ level }) => level === 50), [{ msg: 'plugin phase failed', err: { message: /incorrect header check/ } }])
})
