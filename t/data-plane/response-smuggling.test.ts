import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import t, { type Test } from 'tap'
import { ask, speak } from './http-client.ts'
import { startHttpGateway, type HttpGateway } from './http-gateway.ts'

/** A gateway before a node that answers every request with these octets, and then closes if it is to. */
async function gatewayBefore (t: Test, answer: string | (() => string), options: { closes?: boolean } = {}): Promise<HttpGateway> {
  const node: Server = createServer(socket => {
    socket.on('error', () => {}).on('data', () => {
      const text = typeof answer === 'string' ? answer : answer()
      if (options.closes === true) socket.end(text, 'latin1')
      else socket.write(text, 'latin1')
    })
  })
  node.listen(0, '127.0.0.1')
  await once(node, 'listening')
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [`127.0.0.1:${(node.address() as AddressInfo).port}`]: 1 }, timeout: { connect: 1, send: 1, read: 1 } } as never }] })
  t.teardown(async () => {
    await gateway.close()
    await new Promise(resolve => node.close(resolve))
  })
  return gateway
}

t.test('answers that could be read in two ways', async t => {
  for (const [what, answer] of [
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello'],
    ['the same length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['chunks and a length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['a length with a sign', 'HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello'],
    ['a length in hexadecimal', 'HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello'],
    ['a length that overflows', 'HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551621\r\n\r\nhello'],
    ['white space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello'],
    ['a NUL in a value', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 5\r\n\r\nhello'],
    ['a control octet in a name', 'HTTP/1.1 200 OK\r\nX\x01: a\r\nContent-Length: 5\r\n\r\nhello'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 5\r\n\r\nhello'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX: a\r\n Set-Cookie: b\r\nContent-Length: 5\r\n\r\nhello'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['another version', 'HTTP/3.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['no status line', 'hello'],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n']
  ] as const) {
    const gateway = await gatewayBefore(t, answer)
    const { status, body } = await ask(gateway.port)
    t.equal(status, 502, what)
    t.notMatch(body, 'hello', what)
  }
})

t.test('a body that cannot be read to its end is cut off, and never ends as if it were whole', async t => {
  for (const [what, chunks] of [
    ['a chunk size with a sign', '5\r\nhello\r\n+5\r\nworld\r\n0\r\n\r\n'],
    ['a chunk size that overflows', '5\r\nhello\r\n10000000000000005\r\nworld\r\n0\r\n\r\n'],
    ['a chunk longer than its size', '5\r\nhello\r\n2\r\nworld\r\n0\r\n\r\n']
  ] as const) {
    const gateway = await gatewayBefore(t, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`)
    const text = await speak(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    t.notMatch(text, /\r\n0\r\n\r\n$/, what)
    t.notMatch(text, 'world', what)
  }
})

t.test('octets behind an answer are not the answer to the next request', async t => {
  const gateway = await gatewayBefore(t, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned')
  for (let round = 0; round < 5; round++) {
    const { status, body } = await ask(gateway.port)
    t.ok(status === 200 || status === 502)
    t.notMatch(body, 'poisoned')
  }
})

t.test('content where there is none belongs to nobody', async t => {
  for (const [what, answer, method] of [
    ['204', 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned', 'GET'],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 8\r\n\r\npoisoned', 'GET'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned', 'HEAD']
  ] as const) {
    const gateway = await gatewayBefore(t, answer)
    const text = await speak(gateway.port, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    t.notMatch(text, 'poisoned', what)
    t.match(text, /^HTTP\/1\.1 (200|204|304) [^]*\r\n\r\nHTTP\/1\.1 (200|204|304|502) /, what)
  }
})

t.test('a body without length or chunks ends with the node\'s connection', async t => {
  const gateway = await gatewayBefore(t, 'HTTP/1.1 200 OK\r\n\r\nhello', { closes: true })
  t.match(await ask(gateway.port), { status: 200, body: 'hello' })
  t.match(await ask(gateway.port), { status: 200, body: 'hello' })
})

t.test('interim answers, however many, are not the answer', async t => {
  const gateway = await gatewayBefore(t, `${'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(2000)}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello`)
  const text = await speak(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhello$/)
})

t.test('trailers that would frame, route or authenticate are left out', async t => {
  const gateway = await gatewayBefore(t, 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\nHost: evil\r\nConnection: close\r\n\r\n')
  const { trailers, body } = await ask(gateway.port)
  t.equal(body, 'hello')
  t.same(trailers, { 'x-sum': '1' })
})

t.test('a head without end is a 502', async t => {
  const gateway = await gatewayBefore(t, () => `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(50_000)}`)
  t.equal((await ask(gateway.port)).status, 502)
})
