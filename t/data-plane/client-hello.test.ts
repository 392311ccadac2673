import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { parseClientHello } from '@clinch/data-plane'
import fc from 'fast-check'
import t from 'tap'
import { cipherNamesOf, groupNamesOf } from '../../packages/data-plane/src/tls/offered-names.ts'

// The first flight of a real TLS client.
async function captureHello (options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  client.on('error', () => {})
  const [socket] = await once(server, 'connection') as [Socket]
  const [bytes] = await once(socket, 'data') as [Buffer]
  socket.destroy()
  client.destroy()
  server.close()
  return bytes
}

function helloOf (bytes: Buffer) {
  const result = parseClientHello(bytes)
  if (result.kind !== 'complete') throw new Error(`not complete: ${result.kind}`)
  return result.hello
}

// The same handshake message in records of at most `size` octets.
function inRecordsOf (bytes: Buffer, size: number): Buffer {
  const message = bytes.subarray(5, 5 + bytes.readUInt16BE(3))
  const records: Buffer[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size)
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part)
  }
  return Buffer.concat(records)
}

t.test('a ClientHello says name, protocols, versions, algorithms and whether a staple is wanted', async t => {
  const hello = helloOf(await captureHello({ servername: 'Test.Com', ALPNProtocols: ['h2', 'http/1.1'], requestOCSP: true }))
  t.equal(hello.serverName, 'Test.Com')
  t.same(hello.alpn, ['h2', 'http/1.1'])
  t.ok(hello.versions.includes(0x0304))
  t.ok(hello.cipherSuites.includes(0x1301))
  t.ok(hello.signatureSchemes.includes(0x0403))
  t.ok(hello.groups.includes(0x001d))
  t.equal(hello.wantsStaple, true)
})

t.test('what a client offers is named as OpenSSL does, or told in hexadecimal', t => {
  t.equal(cipherNamesOf([0x2a2a, 0x1301, 0xc02f, 0x00ff, 1]), '0x2a2a:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256:0x00ff:0x0001')
  t.equal(groupNamesOf([0x11ec, 0x001d, 0x0017]), '0x11ec:X25519:prime256v1')
  t.equal(groupNamesOf([]), '')
  t.end()
})

t.test('a client that names no host and wants no staple is read as such', async t => {
  const hello = helloOf(await captureHello({ servername: '', maxVersion: 'TLSv1.2' }))
  t.equal(hello.serverName, undefined)
  t.equal(hello.wantsStaple, false)
  t.same(hello.versions, [0x0303])
})

t.test('a ClientHello is put together from records of any size', async t => {
  const bytes = await captureHello({ servername: 'test.com' })
  for (const size of [1, 2, 3, 4, 7, 100, 16384]) {
    t.equal(helloOf(inRecordsOf(bytes, size)).serverName, 'test.com', `records of ${size}`)
  }
})

t.test('each prefix of a ClientHello asks for more and never for less than it has', async t => {
  const bytes = inRecordsOf(await captureHello({ servername: 'test.com' }), 50)
  for (let length = 0; length < bytes.length; length++) {
    const result = parseClientHello(bytes.subarray(0, length))
    t.ok(result.kind === 'incomplete' && result.atLeast > length, `${length} octets`)
  }
})

t.test('what is no TLS is told apart from TLS that is broken', async t => {
  const bytes = await captureHello({ servername: 'test.com' })
  t.equal(parseClientHello(Buffer.from('GET / HTTP/1.1\r\n\r\n')).kind, 'notTls')
  t.equal(parseClientHello(Buffer.from([22, 2, 0, 0, 1])).kind, 'notTls')
  t.match(parseClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), { kind: 'malformed', reason: 'the first message is no ClientHello' })
  t.match(parseClientHello(Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255])), { kind: 'malformed', reason: 'ClientHello too large' })
  t.match(parseClientHello(Buffer.from([22, 3, 1, 255, 255])), { kind: 'malformed' })
  const name = bytes.indexOf('test.com')
  for (const octet of [0x00, 0x20, 0xff]) {
    const changed = Buffer.from(bytes)
    changed[name] = octet
    t.match(parseClientHello(changed), { kind: 'malformed', reason: 'Bad SSL Client Hello Extension' }, `octet ${octet} in the name`)
  }
})

t.test('whatever octets come, the parser answers and never throws', async t => {
  const bytes = await captureHello({ servername: 'test.com', requestOCSP: true, ALPNProtocols: ['h2'] })
  const mutated = fc.tuple(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.nat(bytes.length)).map(([edits, end]) => {
    const copy = Buffer.from(bytes)
    for (const [at, octet] of edits) copy[at] = octet
    return copy.subarray(0, end)
  })
  const prefixed = fc.uint8Array({ maxLength: 300 }).map(octets => Buffer.concat([Buffer.from([22, 3, 1]), octets]))
  fc.assert(fc.property(fc.oneof(mutated, prefixed, fc.uint8Array({ maxLength: 300 }).map(octets => Buffer.from(octets))), octets => {
    return ['complete', 'incomplete', 'notTls', 'malformed'].includes(parseClientHello(octets).kind)
  }), { numRuns: 20_000 })
  t.pass()
})

t.test('a hello of 16 KiB in records of one octet is read in linear time', async t => {
  const bytes = Buffer.alloc(16_000, 0)
  const message = Buffer.concat([Buffer.from([1, 0, bytes.length >> 8, bytes.length & 255]), bytes])
  const records = inRecordsOf(Buffer.concat([Buffer.from([22, 3, 1, message.length >> 8, message.length & 255]), message]), 1)
  t.equal(parseClientHello(records).kind, 'malformed')
})
