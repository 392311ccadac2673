import { once } from 'node:events'
import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { request } from 'undici'
import t, { type Test } from 'tap'
import { readUntil } from '../data-plane/http-client.ts'
import { firstFlight } from '../support/first-flight.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'

const most = { connections: 40, perAddress: 30, handshakes: 5, streams: 4, fields: 20 }
const idleMs = 3000
/** The crowd comes from addresses of its own. */
const crowd = { flood: '127.0.0.2', asking: '127.0.0.3', one: '127.0.0.4' }

t.test('what strangers send by the thousand ends at a limit, and the others are served', async t => {
  const gateway = await TestGateway.start(t, {
    workers: 1,
    plugins: ['mocking', 'prometheus'],
    config: {
      nginx_config: { worker_processes: 1, event: { worker_connections: most.connections }, http: { keepalive_timeout: `${idleMs}ms`, client_header_timeout: '20s' } },
      clinch: {
        data_dir: 'data',
        log_level: 'debug',
        max_connections_per_address: most.perAddress,
        max_handshakes: most.handshakes,
        client_hello_timeout_ms: 20_000,
        max_request_head_size: '4k',
        max_request_fields: most.fields,
        max_http2_streams: most.streams,
        http2_frame_burst: 20,
        http2_frame_rate: 1
      }
    }
  })
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com' })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { mocking: { response_example: 'served' } } })
  await gateway.logged('prometheus export server is listening')
  await until(async () => await askOnce(gateway) === 'served')
  const cut = async (limit: string): Promise<number> => await figure(gateway, `client_connections_cut_total{limit="${limit}"}`)

  await t.test('connections that ask for nothing make room for those that ask', async t => {
    const before = await cut('worker_connections')
    const friend = await openConnection(t, gateway.httpPort)
    t.match(await askOver(friend), 'served', 'who was there before')
    const flood = await open(t, gateway.httpPort, 2 * most.connections, count => `127.0.1.${1 + count % 4}`)
    await until(() => stillOpen(flood) <= most.connections - 1)
    t.match(await askOver(friend), 'served', 'goes on')
    t.equal(await askOnce(gateway), 'served', 'and so does who comes now')
    t.ok(stillOpen(flood) > most.connections / 2, 'no more are closed than had to be')
    t.ok(await cut('worker_connections') >= before + most.connections)
    t.equal(gateway.output.split('"limit":"worker_connections"').length, 2, 'one line for all of them')
    t.ok(await figure(gateway, 'nginx_http_current_connections{state="accepted"}') >= await figure(gateway, 'nginx_http_current_connections{state="handled"}'))
    friend.destroy()
    await end(flood)
  })

  await t.test('where each has had a request, a new one is refused', async t => {
    const asking = await open(t, gateway.httpPort, most.connections, count => `127.0.2.${1 + count % 4}`)
    await Promise.all(asking.map(async socket => { await askOver(socket) }))
    const [last] = await open(t, gateway.httpPort, 1, () => crowd.one)
    await until(() => last?.destroyed === true)
    t.equal(stillOpen(asking), most.connections)
    t.ok(await figure(gateway, 'nginx_http_current_connections{state="accepted"}') > await figure(gateway, 'nginx_http_current_connections{state="handled"}'))
    await end(asking)
  })

  await t.test('an address has so many connections, whatever it does with them', async t => {
    const flood = await open(t, gateway.httpPort, most.perAddress + 8, () => crowd.flood)
    await until(() => stillOpen(flood) === most.perAddress)
    t.equal(await askOnce(gateway), 'served', 'another address')
    t.equal(await cut('connections_per_address'), 8)
    await end(flood)
    const again = async () => await askOver(await openConnection(t, gateway.httpPort, crowd.flood))
    await until(async () => await again().catch(() => '') !== '')
    t.pass('the same when the others are gone')
  })

  await t.test('handshakes that do not go on make room for those that do', async t => {
    const hello = await firstFlight('test.com')
    const flood = await open(t, gateway.httpsPort, 3 * most.handshakes, () => crowd.flood)
    for (const socket of flood) socket.write(hello)
    await until(() => stillOpen(flood) <= most.handshakes)
    t.equal(await askOverTls(gateway), 'served')
    t.ok(await cut('handshakes') >= 2 * most.handshakes)
    t.match(gateway.output, '"limit":"handshakes"')
    await end(flood)
  })

  await t.test('a ClientHello ends at 16 KiB', async t => {
    const record = Buffer.concat([Buffer.from([22, 3, 1, 0x20, 0]), Buffer.from([1, 0, 0x60, 0]), Buffer.alloc(0x2000 - 4)])
    const [socket] = await open(t, gateway.httpsPort, 1, () => crowd.one)
    socket?.write(record)
    await until(() => socket?.destroyed === true)
    t.equal(await cut('client_hello'), 1)
  })

  await t.test('a head ends at its octets and at its fields, in either version of HTTP', async t => {
    const session = await openHttp2(t, gateway)
    const heads = [['octets', { long: 'x'.repeat(5000) }], ['fields', Object.fromEntries(Array.from({ length: most.fields + 1 }, (_, at) => [`f${at}`, '1']))]] as const
    for (const [what, headers] of heads) {
      t.equal((await request(`http://127.0.0.1:${gateway.httpPort}/`, { headers })).statusCode, 400, what)
    }
    const stream = session.request({ ':path': '/', ...heads[1][1] })
    await once(stream, 'error')
    t.equal(stream.rstCode, constants.NGHTTP2_ENHANCE_YOUR_CALM)
    t.equal(await text(session.request({ ':path': '/' })), 'served', 'its connection goes on')
    session.destroy()
  })

  await t.test('HTTP/2 streams side by side are so many, and who resets without end is cut off', async t => {
    const session = await openHttp2(t, gateway)
    t.equal(session.remoteSettings.maxConcurrentStreams, most.streams)
    session.on('error', () => {})
    for (let count = 0; count < 200 && !session.closed; count++) {
      const stream = session.request({ ':path': '/' }).on('error', () => {})
      stream.close(constants.NGHTTP2_CANCEL)
      await new Promise(resolve => setImmediate(resolve))
    }
    await until(() => session.destroyed)
    t.equal(await cut('http2'), 1)
  })

  await t.test('an HTTP/2 connection that carries nothing ends, over TLS too', async t => {
    const sessions = [await openHttp2(t, gateway), await openHttp2(t, gateway, 'tls')]
    for (const session of sessions) t.equal(await text(session.request({ ':path': '/' })), 'served')
    await Promise.all(sessions.map(async session => { await once(session, 'close') }))
  })
})

t.test('who is slow over a handshake or a head is not waited for', async t => {
  const gateway = await TestGateway.start(t, { workers: 1, plugins: ['mocking'], config: { nginx_config: { worker_processes: 1, http: { client_header_timeout: '1s' } } } })
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com' })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { mocking: { response_example: 'served' } } })
  await until(async () => await askOverTls(gateway).catch(() => '') === 'served')
  const head = 'GET / HTTP/1.1\r\nHost: test.com\r\n'
  const plain = await openConnection(t, gateway.httpPort)
  const secure = connectTls({ port: gateway.httpsPort, host: '127.0.0.1', servername: 'test.com', rejectUnauthorized: false })
  const [silent, halfway] = [await openConnection(t, gateway.httpPort), await openConnection(t, gateway.httpsPort)]
  plain.write(head)
  secure.write(head)
  halfway.write(await firstFlight('test.com'))
  t.match(await text(plain), /^HTTP\/1\.1 408 /)
  t.match(await text(secure), /^HTTP\/1\.1 408 /, 'over TLS')
  await until(() => silent.destroyed && halfway.destroyed)
  t.equal(await askOnce(gateway), 'served')
})

async function figure (gateway: TestGateway, series: string): Promise<number> {
  const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
  const page = await (await request(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()
  return Number(page.split('\n').find(line => line.startsWith(`apisix_${series} `))?.split(' ').at(-1))
}

async function openConnection (t: Test, port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket.resume()
}

async function open (t: Test, port: number, count: number, addressOf: (index: number) => string): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let index = 0; index < count; index++) sockets.push(await openConnection(t, port, addressOf(index)))
  return sockets
}

const stillOpen = (sockets: readonly Socket[]): number => sockets.filter(socket => !socket.destroyed && !socket.readableEnded).length

async function end (sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map(async socket => { if (!socket.destroy().closed) await once(socket, 'close') }))
}

async function askOver (socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: test.com\r\n\r\n')
  return await readUntil(socket, 'served')
}

async function askOnce ({ httpPort }: TestGateway): Promise<string> {
  return await (await request(`http://127.0.0.1:${httpPort}/`, { headers: { connection: 'close' } })).body.text()
}

async function askOverTls ({ httpsPort }: TestGateway): Promise<string> {
  const socket = connectTls({ port: httpsPort, host: '127.0.0.1', servername: 'test.com', rejectUnauthorized: false })
  socket.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: test.com\r\nConnection: close\r\n\r\n')
  return /served/.exec(await readUntil(socket, 'served'))?.[0] ?? ''
}

async function openHttp2 (t: Test, { httpPort, httpsPort }: TestGateway, over: 'tcp' | 'tls' = 'tcp'): Promise<ClientHttp2Session> {
  const session = over === 'tcp' ? connectHttp2(`http://127.0.0.1:${httpPort}`) : connectHttp2(`https://127.0.0.1:${httpsPort}`, { servername: 'test.com', rejectUnauthorized: false })
  t.teardown(() => session.destroy())
  await once(session, 'remoteSettings')
  return session
}
