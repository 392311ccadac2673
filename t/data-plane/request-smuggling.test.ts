import t from 'tap'
import { startUpstream } from '../support/upstream.ts'
import { speak } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

t.test('requests that could be read in two ways', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }] }) // the schema checks it
  t.teardown(() => gateway.close())
  const cases: ReadonlyArray<readonly [what: string, head: string, body: string]> = [
    ['a length and chunks', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked', '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['chunks and a length', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4', '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44', 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a list of lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 44', 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a length with a sign', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4', 'body'],
    ['a length in hexadecimal', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4', 'body'],
    ['an encoding that is not chunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked', '0\r\n\r\n'],
    ['an encoding before chunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked', '0\r\n\r\n'],
    ['an encoding after chunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity', '0\r\n\r\n'],
    ['chunked twice', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
    ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked', '0\r\n\r\nGET /smuggled HTTP/1.0\r\n\r\n'],
    ['white space before the colon', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked', '0\r\n\r\n'],
    ['a folded line', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked', '0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n'],
    ['a bare line feed', 'POST / HTTP/1.1\r\nHost: a\nTransfer-Encoding: chunked', '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a chunk size with a sign', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a chunk size that overflows', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b', ''],
    ['no host', 'GET / HTTP/1.1\r\nX: y', ''],
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: a/b', ''],
    ['a host with a user', 'GET / HTTP/1.1\r\nHost: x@a', ''],
    ['a target with a user', 'GET http://x@a/ HTTP/1.1\r\nHost: a', ''],
    ['a NUL in the path', 'GET /a%00b HTTP/1.1\r\nHost: a', ''],
    ['a path above the root', 'GET /../smuggled HTTP/1.1\r\nHost: a', ''],
    ['a bad escape', 'GET /%zz HTTP/1.1\r\nHost: a', ''],
    ['the asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: a', ''],
    ['a request line with three parts too many', 'GET / HTTP/1.1 HTTP/1.1\r\nHost: a', '']
  ]
  for (const [what, head, body] of cases) {
    const before = upstream.requests()
    const text = await speak(gateway.port, `${head}\r\nConnection: close\r\n\r\n${body}`)
    t.match(text, /^HTTP\/1\.1 (400|501) /, what)
    t.notMatch(text, /HTTP\/1\.1 200/, what)
    const reached = upstream.requests() - before
    // a chunk is read after the request was passed on; the upstream never sees its end
    t.ok(reached === 0 || what.startsWith('a chunk size'), `${what}: reached the upstream ${reached} times`)
  }
})

t.test('what comes after a refused request on its connection is not read as a request', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  const text = await speak(gateway.port, 'POST /%zz HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/)
  t.match(text, /\r\nConnection: close\r\n/)
  t.equal(upstream.requests(), 0)
})

t.test('a plugin cannot frame the body or name the client', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({
    routes: [{ uri: '/*', plugins: { bold: {} }, upstream: { nodes: { [upstream.node]: 1 } } as never }],
    plugins: [{
      name: 'bold',
      version: 1,
      priority: 1,
      schema: {} as never, // the catalog of tests looks at none
      create: () => ({
        rewrite (context) {
          for (const [name, value] of [['Content-Length', '3'], ['Transfer-Encoding', 'chunked'], ['Connection', 'close'], ['X-Real-IP', '6.6.6.6'], ['X-Forwarded-For', '6.6.6.6']] as const) {
            context.upstream.headers.set(name, value)
          }
          return { kind: 'continue' }
        }
      })
    }]
  })
  t.teardown(() => gateway.close())
  const text = await speak(gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody')
  t.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  t.match(text, '"body":"body"')
  t.match(text, '"X-Real-IP","127.0.0.1","X-Forwarded-For","127.0.0.1"')
  t.notMatch(text, '6.6.6.6')
})
