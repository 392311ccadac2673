import t from 'tap'
import { echo, startUpstream } from '../support/upstream.ts'
import { speakHttp2 } from '../support/raw-http2.ts'
import { startHttpGateway } from './http-gateway.ts'

t.test('what HTTP/1.1 would read as another request does not come out of an HTTP/2 request', async t => {
  const got: unknown[] = []
  const upstream = await startUpstream({
    handler (request, response) {
      got.push([request.method, request.url, request.rawHeaders])
      echo(request, response)
    }
  })
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ protocol: 'http2', routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  const get = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a']
  const post = [':method', 'POST', ...get.slice(2)]
  t.equal(await speakHttp2(gateway.port, get), 'headers', 'a request that is in order')
  t.equal(await speakHttp2(gateway.port, [...post, 'content-length', '5'], 'hello'), 'headers', 'a body that is in order')
  t.equal(upstream.requests(), 2)
  const [plain] = got

  const smuggled = '\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
  for (const [what, fields] of [
    ['a line end in a value', [...get, 'x', 'y\r\nTransfer-Encoding: chunked']],
    ['a request in a value', [...get, 'x', `y${smuggled}`]],
    ['a line feed in a value', [...get, 'x', 'y\nz: 1']],
    ['a NUL in a value', [...get, 'x', 'y\0z']],
    ['white space around a value', [...get, 'x', ' \ty']],
    ['a colon in a name', [...get, 'transfer-encoding: chunked', '']],
    ['a line end in a name', [...get, 'x: y\r\ntransfer-encoding', 'chunked']],
    ['a space in a name', [...get, 'transfer-encoding ', 'chunked']],
    ['an empty name', [...get, '', 'chunked']]
  ] as ReadonlyArray<readonly [what: string, fields: readonly string[]]>) {
    t.equal(await speakHttp2(gateway.port, fields), 'headers')
    t.same(got.at(-1), plain, `${what}: the field is left out`)
  }
  t.equal(upstream.requests(), got.length)

  for (const [what, fields, body] of [
    ['a name in capitals', [...get, 'Transfer-Encoding', 'chunked']],
    ['a request in the method', [':method', `GET / HTTP/1.1\r\nHost: a${smuggled}`, ...get.slice(2)]],
    ['a space in the method', [':method', 'GET /smuggled HTTP/1.1', ...get.slice(2)]],
    ['a request in the path', [':method', 'GET', ':scheme', 'http', ':path', `/ HTTP/1.1\r\nHost: a${smuggled}`, ':authority', 'a']],
    ['a space in the path', [':method', 'GET', ':scheme', 'http', ':path', '/ HTTP/1.1', ':authority', 'a']],
    ['a path without a slash', [':method', 'GET', ':scheme', 'http', ':path', 'a', ':authority', 'a']],
    ['an empty path', [':method', 'GET', ':scheme', 'http', ':path', '', ':authority', 'a']],
    ['a line end in the authority', [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a\r\nx: y']],
    ['a user in the authority', [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'x@a']],
    ['a path in the authority', [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a/b']],
    ['a line end in the scheme', [':method', 'GET', ':scheme', 'http\r\nx: y', ':path', '/', ':authority', 'a']],
    ['two paths', [...get, ':path', '/smuggled']],
    ['two methods', [':method', 'POST', ...get]],
    ['a pseudo field after the others', [':method', 'GET', ':scheme', 'http', ':path', '/', 'x', 'y', ':authority', 'a']],
    ['a pseudo field of answers', [':status', '200', ...get]],
    ['an unknown pseudo field', [':smuggle', '1', ...get]],
    ['transfer-encoding', [...post, 'transfer-encoding', 'chunked'], '0\r\n\r\n'],
    ['connection', [...get, 'connection', 'close']],
    ['keep-alive', [...get, 'keep-alive', '1']],
    ['proxy-connection', [...get, 'proxy-connection', 'close']],
    ['upgrade', [...get, 'upgrade', 'websocket']],
    ['te of more than trailers', [...get, 'te', 'chunked']],
    ['a length that is too short', [...post, 'content-length', '0'], `0${smuggled}`],
    ['a length that is too long', [...post, 'content-length', '50'], 'hello'],
    ['two lengths', [...post, 'content-length', '0', 'content-length', '5'], 'hello'],
    ['a length with a sign', [...post, 'content-length', '+5'], 'hello'],
    ['a length without a body', [...post, 'content-length', '5']],
    ['a host that is not the authority', [...get, 'host', 'b']],
    ['two hosts', [':method', 'GET', ':scheme', 'http', ':path', '/', 'host', 'a', 'host', 'b']],
    ['CONNECT', [':method', 'CONNECT', ':authority', 'inside:80']],
    ['TRACE', [':method', 'TRACE', ...get.slice(2)]]
  ] as ReadonlyArray<readonly [what: string, fields: readonly string[], body?: string]>) {
    const before = upstream.requests()
    const answer = await speakHttp2(gateway.port, fields, body)
    t.equal(upstream.requests() - before, 0, `${what}: what reached the upstream (${answer})`)
  }
  t.equal(await speakHttp2(gateway.port, get), 'headers', 'and the next request is served')
})
