import { once } from 'node:events'
import { ServerResponse, type IncomingMessage } from 'node:http'
import { connect as connectHttp2, createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { ClientConnections } from '@clinch/data-plane'
import { createAuthority } from '../support/pki.ts'

const root = createAuthority({ name: 'Root' })
const middle = createAuthority({ name: 'Middle', parent: root })
const server = root.issue({ sans: ['test.com'] })
const minuteMs = 60_000

/** What was put off, done when the test says that it is time. */
class Clock {
  #nowMs = 0
  readonly #due = new Map<object, { readonly atMs: number, readonly run: () => void }>()

  readonly later = (afterMs: number, run: () => void): { callOff: () => void } => {
    const key = {}
    this.#due.set(key, { atMs: this.#nowMs + afterMs, run })
    return { callOff: () => this.#due.delete(key) }
  }

  get waiting (): number { return this.#due.size }

  pass (ms: number): void {
    this.#nowMs += ms
    for (const [key, { atMs, run }] of [...this.#due]) {
      if (atMs > this.#nowMs) continue
      this.#due.delete(key)
      run()
    }
  }
}

interface Opened {
  readonly client: TLSSocket
  /** The gateway's end of it. */
  readonly socket: TLSSocket
  readonly fingerprint: string
}

/** A TLS server whose clients are told of to the connections under test, as the edge does it. */
async function createWorld (t: Test, onRequest: (request: IncomingMessage, response: ServerResponse) => void = () => {}) {
  const clock = new Clock()
  const connections = new ClientConnections(clock.later)
  const secure: Http2SecureServer = createSecureServer({ allowHTTP1: true, cert: server.chainPem, key: server.keyPem, ca: root.certPem, requestCert: true, rejectUnauthorized: false })
  const arrived: TLSSocket[] = []
  secure.on('secureConnection', socket => {
    arrived.push(socket)
    connections.add(socket)
    socket.on('error', () => {})
  })
  secure.on('session', session => connections.addSession(session))
  secure.on('request', (request, response) => {
    if (!(response instanceof ServerResponse)) return
    connections.begin(request.socket as TLSSocket, response)
    onRequest(request as unknown as IncomingMessage, response)
  })
  secure.listen(0, '127.0.0.1')
  await once(secure, 'listening')
  t.teardown(() => secure.close())
  const { port } = secure.address() as AddressInfo

  async function open (alpn = 'http/1.1', issued = middle.issue()): Promise<Opened> {
    const client = connect({ host: '127.0.0.1', port, servername: 'test.com', rejectUnauthorized: false, ALPNProtocols: [alpn], cert: issued.certPem + middle.certPem, key: issued.keyPem })
    t.teardown(() => client.destroy())
    client.on('error', () => {})
    const accepted = once(secure, 'secureConnection') as Promise<[TLSSocket]>
    await once(client, 'secureConnect')
    const [socket] = await accepted
    return { client, socket, fingerprint: issued.certificate.fingerprint }
  }
  return { clock, connections, open, secure }
}

const isOpen = ({ socket }: Opened): boolean => !socket.destroyed

t.test('a tunnel of a client that was revoked has a minute', async t => {
  const { clock, connections, open } = await createWorld(t)
  const [tunnel, other] = [await open(), await open()]
  connections.beginTunnel(tunnel.socket)
  connections.drain(tunnel.fingerprint)
  clock.pass(minuteMs - 1)
  t.equal(isOpen(tunnel), true)
  connections.drain(tunnel.fingerprint) // told of again, it gains nothing
  const closed = once(tunnel.client, 'close')
  clock.pass(1)
  t.equal(isOpen(tunnel), false)
  await closed
  t.equal(isOpen(other), true)
  t.equal(clock.waiting, 0)
})

t.test('an answer that does not end is cut off after a minute', async t => {
  const { clock, connections, open } = await createWorld(t, (_, response) => { response.write('on and on') })
  const endless = await open()
  endless.client.write('GET / HTTP/1.1\r\nHost: test.com\r\n\r\n')
  await once(endless.client, 'data')
  connections.drain(endless.fingerprint)
  clock.pass(minuteMs - 1)
  t.equal(isOpen(endless), true)
  clock.pass(1)
  t.equal(isOpen(endless), false)
})

t.test('a stream of HTTP/2 that does not end is cut off after a minute; the client was told to go away', async t => {
  const { clock, connections, open, secure } = await createWorld(t)
  const { client, socket, fingerprint } = await open('h2')
  const session = connectHttp2('https://test.com', { createConnection: () => client })
  session.on('error', () => {})
  const goneAway = once(session, 'goaway')
  const begun = once(secure, 'stream')
  session.request({ ':path': '/' }).on('error', () => {})
  await begun
  connections.drain(fingerprint)
  await goneAway
  clock.pass(minuteMs - 1)
  t.equal(socket.destroyed, false)
  clock.pass(1)
  t.equal(socket.destroyed, true)
})

t.test('an answer that ends in time ends its connection, and nothing is left to cut', async t => {
  const under: ServerResponse[] = []
  const { clock, connections, open } = await createWorld(t, (_, response) => { under.push(response); response.write('a') })
  const busy = await open()
  busy.client.write('GET / HTTP/1.1\r\nHost: test.com\r\n\r\n')
  await once(busy.client, 'data')
  connections.drain(busy.fingerprint)
  t.equal(clock.waiting, 1)
  const closed = Promise.all([once(busy.client, 'close'), once(busy.socket, 'close')])
  busy.client.resume()
  under[0]?.end('z')
  await closed
  t.equal(clock.waiting, 0)
})

t.test('idle connections end at once: of the client, and of those below a certificate they depend on', async t => {
  const { connections, open } = await createWorld(t)
  const [below, besides, unasked] = [await open(), await open(), await open()]
  const ca = middle.certificate.fingerprint
  connections.dependenceOf(below.socket)([below.fingerprint, ca])
  connections.dependenceOf(besides.socket)([besides.fingerprint, ca])
  connections.dependenceOf(besides.socket)([besides.fingerprint]) // its scope is `leaf` now
  const closed = once(below.client, 'close')
  connections.drain(ca)
  await closed
  t.equal(isOpen(besides), true)
  t.equal(isOpen(unasked), true)
  const gone = once(besides.client, 'close')
  connections.drain(besides.fingerprint)
  await gone
})

t.test('a connection that has ended depends on nothing', async t => {
  const { clock, connections, open } = await createWorld(t)
  const { client, socket, fingerprint } = await open()
  const dependOn = connections.dependenceOf(socket)
  const closed = once(socket, 'close')
  client.destroy()
  await closed
  dependOn([middle.certificate.fingerprint])
  connections.drain(middle.certificate.fingerprint)
  connections.drain(fingerprint)
  t.equal(clock.waiting, 0)
})

t.test('whose certificate did not verify is not known by it', async t => {
  const { connections, open } = await createWorld(t)
  const stranger = createAuthority({ name: 'Stranger' }).issue()
  const opened = await open('http/1.1', stranger)
  connections.dependenceOf(opened.socket)([middle.certificate.fingerprint])
  connections.drain(stranger.certificate.fingerprint)
  connections.drain(middle.certificate.fingerprint)
  await new Promise(setImmediate)
  t.equal(isOpen(opened), true)
})
