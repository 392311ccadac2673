import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { parseProxyHeader } from '../../packages/data-plane/src/proxy-protocol/parse-proxy-header.ts'
import { ProxyProtocolEdge, type ProxyProtocolSettings } from '../../packages/data-plane/src/proxy-protocol/proxy-protocol-edge.ts'
import type { ProxiedConnection } from '../../packages/data-plane/src/proxy-protocol/proxied-connection.ts'
import { recordLog } from '../support/log-recorder.ts'
import { until } from '../support/gateway.ts'
import { ipv4Ends, ipv6Ends, tlv, version2 } from '../support/proxy-header.ts'
import { readToEnd } from './http-client.ts'

const rest = 'GET / HTTP/1.1\r\n\r\n'
const unixEnds = Buffer.alloc(216, 'x')

t.test('a header tells both ends, and where the connection itself begins', t => {
  const ipv4 = { sourceAddress: '192.0.2.7', sourcePort: 40000, destinationAddress: '198.51.100.1', destinationPort: 443 }
  const ipv6 = { ...ipv4, sourceAddress: '2001:db8::7', destinationAddress: '2001:db8::1' }
  for (const [what, header, ends] of [
    ['1, IPv4', 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n', ipv4],
    ['1, IPv6 in any notation', 'PROXY TCP6 2001:0DB8:0:0::7 2001:db8::1 40000 443\r\n', ipv6],
    ['1, IPv4 within IPv6', 'PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 40000 443\r\n', ipv4],
    ['1, ports at their bounds', 'PROXY TCP4 192.0.2.7 198.51.100.1 0 65535\r\n', { ...ipv4, sourcePort: 0, destinationPort: 65535 }],
    ['1, unknown', 'PROXY UNKNOWN\r\n', undefined],
    ['1, unknown, with whatever behind it', 'PROXY UNKNOWN ffff::1 x 70000\r\n', undefined],
    ['1, the longest line', `PROXY UNKNOWN ${'x'.repeat(91)}\r\n`, undefined],
    ['2, IPv4', version2(), ipv4],
    ['2, IPv6', version2({ protocol: 0x21, ends: ipv6Ends }), ipv6],
    ['2, IPv4 within IPv6', version2({ protocol: 0x21, ends: Buffer.concat([...[ipv4Ends.subarray(0, 4), ipv4Ends.subarray(4, 8)].map(address => Buffer.concat([Buffer.alloc(10), Buffer.from([255, 255]), address])), ipv4Ends.subarray(8)]) }), ipv4],
    ['2, with TLVs', version2({ tlvs: Buffer.concat([tlv(0x01, 'h2'), tlv(0x05, 'id'), tlv(0x04, ''), tlv(0xea, Buffer.alloc(300))]) }), ipv4],
    ['2, the longest', version2({ tlvs: tlv(0x04, Buffer.alloc(4096 - 16 - 12 - 3)) }), ipv4],
    ['2, a connection of the load balancer\'s own', version2({ command: 0x20, protocol: 0, ends: Buffer.alloc(0) }), undefined],
    ['2, the same with whatever behind it', version2({ command: 0x20, ends: Buffer.from('nothing to look at') }), undefined],
    ['2, of no family', version2({ protocol: 0x00, ends: Buffer.alloc(0) }), undefined],
    ['2, of datagrams', version2({ protocol: 0x12 }), undefined],
    ['2, of a Unix socket', version2({ protocol: 0x31, ends: unixEnds }), undefined]
  ] as ReadonlyArray<readonly [what: string, header: string | Buffer, ends: object | undefined]>) {
    const octets = Buffer.from(header as string)
    t.strictSame(parseProxyHeader(Buffer.concat([octets, Buffer.from(rest)])), { kind: 'complete', octets: octets.length, ends }, what)
    for (let cut = 1; cut < octets.length; cut += octets.length > 1000 ? 97 : 1) {
      const part = parseProxyHeader(octets.subarray(0, cut))
      if (part.kind !== 'incomplete' || part.atLeast <= cut || part.atLeast > octets.length) t.fail(`${what}, cut after ${cut}: ${JSON.stringify(part)}`)
    }
  }
  t.end()
})

t.test('what is no header, or no whole one, is refused with a reason', t => {
  for (const [what, header, reason] of [
    ['an HTTP request', rest, 'no PROXY header'],
    ['a ClientHello', Buffer.from([22, 3, 1, 0, 200]), 'no PROXY header'],
    ['another case', 'proxy TCP4 192.0.2.7 198.51.100.1 40000 443\r\n', 'no PROXY header'],
    ['a family that is not known', 'PROXY TCP5 192.0.2.7 198.51.100.1 40000 443\r\n', 'an unknown protocol'],
    ['UDP', 'PROXY UDP4 192.0.2.7 198.51.100.1 40000 443\r\n', 'an unknown protocol'],
    ['no addresses', 'PROXY TCP4\r\n', 'no two addresses'],
    ['one address', 'PROXY TCP4 192.0.2.7 40000 443\r\n', 'no two addresses'],
    ['two spaces', 'PROXY TCP4  192.0.2.7 198.51.100.1 40000 443\r\n', 'no two addresses'],
    ['more than there should be', 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 443 x\r\n', 'no two addresses'],
    ['an address of the other family', 'PROXY TCP4 2001:db8::7 2001:db8::1 40000 443\r\n', 'no two addresses'],
    ['an address with a zone', 'PROXY TCP6 fe80::1%eth0 2001:db8::1 40000 443\r\n', 'no two addresses'],
    ['an octal address', 'PROXY TCP4 0300.0.2.7 198.51.100.1 40000 443\r\n', 'no two addresses'],
    ['a port that is too large', 'PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n', 'no two ports'],
    ['a port with a zero before it', 'PROXY TCP4 192.0.2.7 198.51.100.1 040 443\r\n', 'no two ports'],
    ['a port with a sign', 'PROXY TCP4 192.0.2.7 198.51.100.1 +40 443\r\n', 'no two ports'],
    ['a line that ends too late', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 'a line that is too long'],
    ['a line without an end', `PROXY TCP4 ${'1'.repeat(200)}`, 'a line that is too long'],
    ['another version', version2({ command: 0x11 }), 'an unknown version or command'],
    ['another command', version2({ command: 0x22 }), 'an unknown version or command'],
    ['another family', version2({ protocol: 0x41 }), 'an unknown protocol'],
    ['another transport', version2({ protocol: 0x13 }), 'an unknown protocol'],
    ['a length that is too large', version2({ length: 65535 }), 'a header that is too long'],
    ['a length one above the limit', version2({ length: 4096 - 16 + 1 }), 'a header that is too long'],
    ['a length that leaves no room for the addresses', version2({ length: 11 }), 'no two addresses'],
    ['IPv6 in the room of IPv4', version2({ protocol: 0x21 }), 'no two addresses'],
    ['a Unix socket in the room of IPv4', version2({ protocol: 0x31 }), 'no two addresses'],
    ['a TLV that goes beyond the end', version2({ tlvs: Buffer.from([1, 0, 9, 1]) }), 'a TLV that is cut off'],
    ['half the head of a TLV', version2({ tlvs: Buffer.from([4, 0]) }), 'a TLV that is cut off']
  ] as ReadonlyArray<readonly [what: string, header: string | Buffer, reason: string]>) {
    t.strictSame(parseProxyHeader(Buffer.from(header as string)), { kind: 'malformed', reason }, what)
  }
  t.end()
})

t.test('whatever comes, it is read to an end and within its octets', t => {
  const beginnings = fc.constantFrom(Buffer.alloc(0), Buffer.from('PROXY TCP4 '), version2().subarray(0, 13), version2({ tlvs: tlv(1, 'h2') }))
  t.doesNotThrow(() => fc.assert(fc.property(beginnings, fc.uint8Array({ maxLength: 400 }), (beginning, more) => {
    const bytes = Buffer.concat([beginning, more])
    const result = parseProxyHeader(bytes)
    switch (result.kind) {
      case 'complete': return result.octets <= bytes.length
      case 'incomplete': return result.atLeast > bytes.length && result.atLeast <= 4096
      case 'malformed': return result.reason !== ''
    }
  }), { numRuns: 2000 }))
  t.end()
})

/** An edge that answers with whose the connection is and with what came after the header. */
async function serve (t: Test, settings: Partial<ProxyProtocolSettings> = {}) {
  const { log, lines } = recordLog('debug')
  let nowMs = 0
  const edge = new ProxyProtocolEdge({ trustedAddresses: undefined, timeoutMs: 1000, ...settings }, { accept: answer }, log, () => nowMs)
  const server = createServer(socket => edge.accept(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const open = async (...parts: ReadonlyArray<string | Buffer>) => {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true })
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    for (const part of parts) {
      socket.write(part)
      await new Promise(resolve => setImmediate(resolve))
    }
    return socket
  }
  return { edge, lines, open, say: async (...parts: ReadonlyArray<string | Buffer>) => await readToEnd(await open(...parts)), later: (ms: number) => { nowMs += ms } }
}

function answer (socket: Socket, proxied: ProxiedConnection | undefined): void {
  socket.on('data', (chunk: Buffer) => socket.end(`${proxied === undefined ? 'nobody' : `${proxied.sourceAddress}:${proxied.sourcePort} via ${proxied.viaAddress}`} says ${chunk.toString()}`))
}

t.test('the header is taken off, and what follows goes on, in however many parts it comes', async t => {
  const { say } = await serve(t)
  const line = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n'
  t.equal(await say(`${line}hello`), '192.0.2.7:40000 via 127.0.0.1 says hello')
  t.equal(await say(...line, 'hello'), '192.0.2.7:40000 via 127.0.0.1 says hello')
  t.equal(await say(version2(), 'hello'), '192.0.2.7:40000 via 127.0.0.1 says hello')
  t.equal(await say(version2({ command: 0x20, protocol: 0, ends: Buffer.alloc(0) }), 'hello'), 'nobody says hello')
})

t.test('who sends no header, takes too long, or may not send one, is closed without an answer', async t => {
  const slow = await serve(t, { timeoutMs: 30 })
  t.equal(await slow.say('PROXY TCP4 '), '')
  t.match(slow.lines, [{ level: 40, msg: 'connection without a valid PROXY protocol header refused', reason: 'it took too long', peer: '127.0.0.1' }])

  const stranger = await serve(t, { trustedAddresses: ['192.0.2.0/24'] })
  t.equal(await stranger.say('PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\nhello'), '')
  t.match(stranger.lines, [{ reason: 'the peer may not send one' }])
  t.match(await (await serve(t, { trustedAddresses: ['127.0.0.0/8'] })).say(version2(), 'hello'), /says hello$/)
})

t.test('refusals are told of once a minute, with their number', async t => {
  const { say, lines, later } = await serve(t)
  for (let count = 0; count < 3; count++) t.equal(await say(rest), '')
  t.match(lines, [{ reason: 'no PROXY header', refused: 1 }])
  later(60_000)
  t.equal(await say(rest), '')
  t.match(lines, [{ refused: 1 }, { refused: 3 }])
  t.equal(lines.length, 2)
})

t.test('a load balancer that only looks whether somebody listens is not told of, and a close ends who says nothing', async t => {
  const { edge, lines, open } = await serve(t)
  ;(await open()).destroy()
  const silent = await open('PROXY ')
  await until(() => {
    edge.close()
    return silent.destroyed || silent.readableEnded
  })
  t.same(lines, [])
})
