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
    ['a request line with three parts too many', 'GET / HTTP/1.1 HTTP/1.1\r\nHost: a', ''],
    ['the same length twice', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4', 'body'],
    ['a list of one length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4', 'body'],
    ['a length of two numbers', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4 4', 'body'],
    ['an empty length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length:', 'body'],
    ['a length below nothing', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -4', 'body'],
    ['a length with a fraction', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4.0', 'body'],
    ['a length with an exponent', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4e0', 'body'],
    ['a length that overflows 64 bits', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551620', 'body'],
    ['a length that no number here holds', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740993', 'body'],
    ['chunked in quotes', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "chunked"', '0\r\n\r\n'],
    ['chunked with a parameter', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;x=1', '0\r\n\r\n'],
    ['chunked and an empty encoding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,', '0\r\n\r\n'],
    ['an empty encoding and chunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked', '0\r\n\r\n'],
    ['an empty encoding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:', '0\r\n\r\n'],
    ['identity', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity', '0\r\n\r\n'],
    ['an unknown encoding behind chunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: cow', '0\r\n\r\n'],
    ['an unknown encoding before chunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: cow\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
    ...['\x0b', '\x0c', '\0', '\xa0'].map(octet => [`an octet ${octet.charCodeAt(0)} before chunked`, `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${octet}chunked`, '0\r\n\r\n'] as const),
    ['a name with a space', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer Encoding: chunked', '0\r\n\r\n'],
    ['a name with a NUL', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\0: chunked', '0\r\n\r\n'],
    ['a name with a control octet', 'POST / HTTP/1.1\r\nHost: a\r\nX\x01Y: z', ''],
    ['a name beyond ASCII', 'POST / HTTP/1.1\r\nHost: a\r\nX\xff: z', ''],
    ['an empty name', 'POST / HTTP/1.1\r\nHost: a\r\n: chunked', ''],
    ['a line without a colon', 'POST / HTTP/1.1\r\nHost: a\r\nchunked', ''],
    ['a bare carriage return', 'POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked', '0\r\n\r\n'],
    ...['\0', '\x01', '\x1b', '\x7f'].map(octet => [`a value with an octet ${octet.charCodeAt(0)}`, `POST / HTTP/1.1\r\nHost: a\r\nX: a${octet}b`, ''] as const),
    ['a first line that is folded', 'POST / HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: a', '0\r\n\r\n'],
    ['a later line that is folded', 'POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked', '0\r\n\r\n'],
    ...([
      ['in hexadecimal', '0x5\r\nhello\r\n0\r\n\r\n'], ['below nothing', '-5\r\nhello\r\n0\r\n\r\n'], ['that is missing', '\r\nhello\r\n0\r\n\r\n'],
      ['after a space', ' 5\r\nhello\r\n0\r\n\r\n'], ['before a space', '5 \r\nhello\r\n0\r\n\r\n'], ['with a low line', '0_5\r\nhello\r\n0\r\n\r\n'],
      ['before a bare line feed', '5\nhello\n0\n\n'], ['with an extension that ends in a bare line feed', '5;\nhello\r\n0\r\n\r\n'],
      ['with a line end in its extension', '5;a="\r\n"\r\nhello\r\n0\r\n\r\n'], ['of less than its chunk', '5\r\nhelloXX0\r\n\r\n']
    ] as const).map(([what, body]) => [`a chunk size ${what}`, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked', body] as const),
    ['a length among the trailers', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked', '5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n'],
    ['a folded trailer', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked', '5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n'],
    ['a target with a space', 'GET /a b HTTP/1.1\r\nHost: a', ''],
    ['a target with a tab', 'GET /\ta HTTP/1.1\r\nHost: a', ''],
    ['a target with a NUL', 'GET /\0 HTTP/1.1\r\nHost: a', ''],
    ['a target beyond ASCII', 'GET /\xe9 HTTP/1.1\r\nHost: a', ''],
    ['a target without a slash', 'GET a HTTP/1.1\r\nHost: a', ''],
    ['a target with a backslash first', 'GET \\a HTTP/1.1\r\nHost: a', ''],
    ['a target of another scheme', 'GET ftp://a/ HTTP/1.1\r\nHost: a', ''],
    ['tabs in the request line', 'GET\t/\tHTTP/1.1\r\nHost: a', ''],
    ['a host with a comma', 'GET / HTTP/1.1\r\nHost: a, b', ''],
    ['a host with a space', 'GET / HTTP/1.1\r\nHost: a b', ''],
    ['a host beyond ASCII', 'GET / HTTP/1.1\r\nHost: \xe9', ''],
    ['a method in lower case', 'get / HTTP/1.1\r\nHost: a', ''],
    ['a method that nobody knows', 'SMUGGLE / HTTP/1.1\r\nHost: a', ''],
    ['a version in lower case', 'GET / http/1.1\r\nHost: a', ''],
    ['a version with two digits', 'GET / HTTP/01.1\r\nHost: a', ''],
    ['a version that does not exist', 'GET / HTTP/1.2\r\nHost: a', ''],
    ['HTTP/2 as a version', 'GET / HTTP/2.0\r\nHost: a', ''],
    ['no version', 'GET /\r\nHost: a', '']
  ]
  for (const [what, head, body] of cases) {
    const before = upstream.requests()
    const text = await speak(gateway.port, `${head}\r\nConnection: close\r\n\r\n${body}`)
    t.match(text, /^HTTP\/1\.1 (400|413|501|505) [^]*<center><h1>/, what)
    t.notMatch(text, /HTTP\/1\.1 200/, what)
    const reached = upstream.requests() - before
    t.equal(reached, 0, `${what}: what reached the upstream`)
  }
})

t.test('what looks odd and can be read in one way only', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  const chunked = 'Transfer-Encoding: chunked\r\n\r\n'
  for (const [what, request] of [
    ['zeros before a length', 'Content-Length: 0005\r\n\r\nhello'],
    ['white space after a length', 'Content-Length: 5 \t\r\n\r\nhello'],
    ['chunked in capitals', 'Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['chunked between white space', 'Transfer-Encoding: \t chunked \r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['an extension of a chunk', `${chunked}5;a=b\r\nhello\r\n0;c\r\n\r\n`],
    ['zeros before a chunk size', `${chunked}${'0'.repeat(30)}5\r\nhello\r\n0\r\n\r\n`],
    ['a length that Connection names', 'Connection: content-length, host\r\nContent-Length: 5\r\n\r\nhello'],
    ['an encoding that Connection names', `Connection: transfer-encoding\r\n${chunked}5\r\nhello\r\n0\r\n\r\n`],
    ['an expectation that is none', 'Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello']
  ] as const) {
    const text = await speak(gateway.port, `POST / HTTP/1.1\r\nHost: a\r\n${request}GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    t.match(text, /"method":"POST","target":"\/"[^]*"host","a"[^]*"body":"hello"[^]*"target":"\/next"/, what)
    t.notMatch(text, /CHUNKED|0005/, `${what} is written anew`)
  }
})

t.test('a length next to an offer to upgrade is the request\'s, and what follows is no tunnel', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', enable_websocket: true, upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  const text = await speak(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello')
  t.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*"body":"hello"/)
})

t.test('methods that a gateway has no answer to, and a head that is too long', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  for (const [head, wanted] of [
    ['CONNECT inside:80 HTTP/1.1\r\nHost: a', /^HTTP\/1\.1 405 Method Not Allowed\r\n[^]*<h1>405 Not Allowed<\/h1>/],
    ['TRACE / HTTP/1.1\r\nHost: a', /^HTTP\/1\.1 405 Method Not Allowed\r\n[^]*<h1>405 Not Allowed<\/h1>/],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(33_000)}`, /^HTTP\/1\.1 400 Bad Request\r\n[^]*Request Header Or Cookie Too Large/],
    [`GET /${'x'.repeat(33_000)} HTTP/1.1\r\nHost: a`, /^HTTP\/1\.1 400 Bad Request\r\n[^]*Request Header Or Cookie Too Large/],
    [`GET / HTTP/1.1\r\nHost: a\r\n${'x:\r\n'.repeat(1001)}`, /^HTTP\/1\.1 400 Bad Request\r\n[^]*Request Header Or Cookie Too Large/]
  ] as const) {
    const text = await speak(gateway.port, `${head}\r\nConnection: close\r\n\r\n`)
    t.match(text, wanted, head.slice(0, 30))
    t.match(text, /\r\nServer: clinch-test\r\n/)
    t.match(text, /\r\nConnection: close\r\n/)
  }
  t.equal(upstream.requests(), 0)
})

t.test('the last of very many fields counts like the first', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  const text = await speak(gateway.port, `POST / HTTP/1.1\r\nHost: a\r\n${'x:\r\n'.repeat(2100)}Transfer-Encoding: cow\r\nConnection: close\r\n\r\n`)
  t.match(text, /^HTTP\/1\.1 (400|501) /)
  t.equal(upstream.requests(), 0)
})

t.test('a request that cannot be read does not overtake the answer to the one before it', async t => {
  const upstream = await startUpstream({ handler: (_request, response) => { setTimeout(() => response.end('slow'), 100) } })
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  const text = await speak(gateway.port, 'GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /\0 HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n[^]*slow/)
  t.notMatch(text, '400')
})

t.test('what comes after a refused request on its connection is not read as a request', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  const text = await speak(gateway.port, 'POST /%zz HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/)
  t.match(text, /\r\nConnection: close\r\n/)
  const behindChunks = await speak(gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: cow, chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(behindChunks, /^HTTP\/1\.1 (?!.*HTTP\/1\.1)/)
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
