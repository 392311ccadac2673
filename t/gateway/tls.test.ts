import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

interface Outcome { readonly kind: 'open' | 'refused', readonly socket?: TLSSocket, readonly error?: NodeJS.ErrnoException, readonly subject?: string | undefined }

async function dial (gateway: TestGateway, options: ConnectionOptions): Promise<Outcome> {
  const socket = connectTls({ port: gateway.httpsPort, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  return await new Promise(resolve => {
    socket.once('secureConnect', () => resolve({ kind: 'open', socket, subject: String(socket.getPeerCertificate().subject?.CN) }))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve({ kind: 'refused', error }))
  })
}

// One HTTP/1.1 exchange on a connection of one's own, or the error that ended it.
async function exchange (socket: TLSSocket, host: string): Promise<string> {
  return await new Promise(resolve => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => { text += chunk })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.once('close', () => resolve(text))
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  })
}

const authority = createAuthority()
const leafFor = (name: string, subject = name) => {
  const issued = authority.issue({ sans: [name], subject })
  return { cert: issued.chainPem, key: issued.keyPem }
}

// For all tests that need no settings of their own; each takes away what it put.
const shared = await TestGateway.start(t)

async function put (t: Test, path: string, body: object): Promise<void> {
  const { status, text } = await shared.admin('PUT', path, body)
  if (status !== 201) throw new Error(text)
  t.teardown(async () => await shared.admin('DELETE', path))
}

t.test('names are matched exactly before wildcards, and the longest wildcard first', async t => {
  const certificates = { 'a.test.com': 'exact', '*.test.com': 'wildcard', '*.b.test.com': 'deeper wildcard', 'Upper.Example.': 'upper case' }
  for (const [index, [sni, subject]] of Object.entries(certificates).entries()) {
    await put(t, `ssls/${index + 1}`, { ...leafFor(sni, subject), sni: sni.endsWith('.') ? sni.slice(0, -1) : sni })
  }
  await until(async () => (await dial(shared, { servername: 'upper.example' })).kind === 'open')
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ['a.test.com', 'exact'], ['A.TEST.com', 'exact'], ['x.test.com', 'wildcard'], ['y.b.test.com', 'deeper wildcard'],
    ['upper.example', 'upper case'], ['x.y.test.com', undefined], ['test.com', undefined], ['other.org', undefined]
  ]
  for (const [servername, expected] of cases) {
    const outcome = await dial(shared, { servername })
    t.equal(outcome.subject, expected, servername)
    outcome.socket?.destroy()
  }

  await t.test('an unknown name gets the unrecognized_name alert', async t => {
    const { error } = await dial(shared, { servername: 'other.org' })
    t.equal(error?.code, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME')
    await shared.logged('failed to match any SSL certificate by SNI')
  })

  await t.test('status 0 takes a name out of service, status 1 brings it back, without a restart', async t => {
    await shared.admin('PATCH', 'ssls/1', { status: 0 })
    await until(async () => (await dial(shared, { servername: 'a.test.com' })).subject === 'wildcard')
    await shared.admin('PATCH', 'ssls/1', { status: 1 })
    await until(async () => (await dial(shared, { servername: 'a.test.com' })).subject === 'exact')
    t.pass()
  })

  await t.test('a deleted certificate is gone', async t => {
    await shared.admin('DELETE', 'ssls/1')
    await until(async () => (await dial(shared, { servername: 'a.test.com' })).subject === 'wildcard')
    t.pass()
  })
})

t.test('a client that names no host gets the fallback name, or an alert', async t => {
  const refused = await dial(shared, { servername: '' })
  t.equal(refused.error?.code, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME')

  const gateway = await TestGateway.start(t, { config: { apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }], fallback_sni: 'test.com' }, control: { port: 0 } } } })
  await gateway.admin('PUT', 'ssls/1', { ...leafFor('test.com'), sni: 'test.com' })
  await until(async () => (await dial(gateway, { servername: '' })).subject === 'test.com')
  t.pass()
})

t.test('a resource has its own protocol versions', async t => {
  await put(t, 'ssls/1', { ...leafFor('new.test'), sni: 'new.test', ssl_protocols: ['TLSv1.3'] })
  await put(t, 'ssls/2', { ...leafFor('old.test'), sni: 'old.test', ssl_protocols: ['TLSv1.2'] })
  await until(async () => (await dial(shared, { servername: 'old.test' })).kind === 'open')
  t.equal((await dial(shared, { servername: 'new.test' })).socket?.getProtocol(), 'TLSv1.3')
  t.equal((await dial(shared, { servername: 'old.test' })).socket?.getProtocol(), 'TLSv1.2')
  t.equal((await dial(shared, { servername: 'new.test', maxVersion: 'TLSv1.2' })).error?.code, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
})

t.test('HTTP/2 and HTTP/1.1 are chosen by ALPN', async t => {
  await put(t, 'ssls/1', { ...leafFor('test.com'), sni: 'test.com' })
  await until(async () => (await dial(shared, { servername: 'test.com' })).kind === 'open')
  t.equal((await dial(shared, { servername: 'test.com', ALPNProtocols: ['h2', 'http/1.1'] })).socket?.alpnProtocol, 'h2')
  t.equal((await dial(shared, { servername: 'test.com', ALPNProtocols: ['http/1.1'] })).socket?.alpnProtocol, 'http/1.1')
})

t.test('a name that wants client certificates', async t => {
  const clientCa = createAuthority({ name: 'Client CA' })
  const client = clientCa.issue({ subject: 'client' })
  const stranger = createAuthority({ name: 'Stranger' }).issue({ subject: 'stranger' })
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { config: { apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }], ssl_session_tickets: true }, control: { port: 0 } } } })
  await gateway.admin('PUT', 'ssls/1', { ...leafFor('mtls.test'), snis: ['mtls.test', '*.mtls.test'], client: { ca: clientCa.certPem } })
  await gateway.admin('PUT', 'ssls/2', { ...leafFor('plain.test'), sni: 'plain.test' })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', upstream: { nodes: { [`127.0.0.1:${upstream.port}`]: 1 } } })
  const credentials = { cert: client.certPem, key: client.keyPem }
  const get = async (options: ConnectionOptions, host: string): Promise<string> => {
    const { socket, error } = await dial(gateway, options)
    return socket === undefined ? error?.code ?? 'refused' : await exchange(socket, host)
  }
  await until(async () => (await get({ servername: 'mtls.test', ...credentials }, 'mtls.test')).startsWith('HTTP/1.1 200'))

  await t.test('ends the handshake of a client without one', async t => {
    t.match(await get({ servername: 'mtls.test', maxVersion: 'TLSv1.2' }, 'mtls.test'), /ALERT_HANDSHAKE_FAILURE/)
    t.match(await get({ servername: 'mtls.test' }, 'mtls.test'), /ALERT_CERTIFICATE_REQUIRED/)
  })

  await t.test('hangs up on a client of another CA before its first request', async t => {
    const credentials = { cert: stranger.certPem, key: stranger.keyPem }
    t.equal(await get({ servername: 'mtls.test', maxVersion: 'TLSv1.2', ...credentials }, 'mtls.test'), 'ECONNRESET')
    t.notMatch(await get({ servername: 'mtls.test', ...credentials }, 'mtls.test'), /^HTTP/)
  })

  await t.test('is not to be had under the name of another', async t => {
    t.match(await get({ servername: 'plain.test' }, 'mtls.test'), /^HTTP\/1\.1 400 /)
    await gateway.logged('client certificate verified with SNI plain.test, but the host is mtls.test')
    t.match(await get({ servername: 'a.mtls.test', ...credentials }, 'b.mtls.test'), /^HTTP\/1\.1 400 /)
    t.match(await get({ servername: 'A.mtls.test', ...credentials }, 'a.MTLS.test:443'), /^HTTP\/1\.1 200 /)
    t.match(await get({ servername: 'mtls.test', ...credentials }, 'plain.test'), /^HTTP\/1\.1 200 /)
  })

  await t.test('does not resume a session of another name', async t => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = await dial(gateway, { servername: 'plain.test', maxVersion })
      const session = await sessionOf(first.socket as TLSSocket)
      const again = await dial(gateway, { servername: 'plain.test', maxVersion, session })
      t.equal(again.socket?.isSessionReused(), true, `${maxVersion}: the same name resumes`)
      t.notMatch(await get({ servername: 'mtls.test', maxVersion, session }, 'mtls.test'), /^HTTP\/1\.1 200/, `${maxVersion}: the mTLS name does not`)
      for (const { socket } of [first, again]) socket?.destroy()
    }
  })

  await t.test('does not resume a session from before a change of the resource', async t => {
    const first = await dial(gateway, { servername: 'mtls.test', ...credentials })
    const session = await sessionOf(first.socket as TLSSocket)
    const resumed = await dial(gateway, { servername: 'mtls.test', ...credentials, session })
    t.equal(resumed.socket?.isSessionReused(), true)
    await gateway.admin('PATCH', 'ssls/1', { client: { depth: 2 } })
    await until(async () => (await dial(gateway, { servername: 'mtls.test', ...credentials, session })).socket?.isSessionReused() === false)
    t.pass()
  })
})

t.test('client.depth limits the CAs between a client and its anchor', async t => {
  const root = createAuthority({ name: 'Root' })
  const middle = createAuthority({ name: 'Middle', parent: root })
  const client = middle.issue({ subject: 'client' })
  await put(t, 'ssls/1', { ...leafFor('deep.test'), sni: 'deep.test', client: { ca: root.certPem, depth: 1 } })
  await put(t, 'ssls/2', { ...leafFor('flat.test'), sni: 'flat.test', client: { ca: root.certPem, depth: 0 } })
  await put(t, 'routes/1', { uri: '/*', plugins: {} })
  const get = async (servername: string) => {
    const { socket } = await dial(shared, { servername, cert: client.certPem + middle.certPem, key: client.keyPem })
    return socket === undefined ? '' : await exchange(socket, servername)
  }
  await until(async () => (await get('deep.test')).startsWith('HTTP/1.1 503'))
  t.notMatch(await get('flat.test'), /^HTTP/)
  await shared.logged('client certificate chain too long')
})

t.test('paths of skip_mtls_uri_regex need no client certificate, all others do', async t => {
  const clientCa = createAuthority({ name: 'Client CA' })
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  await put(t, 'ssls/1', { ...leafFor('test.com'), sni: 'test.com', client: { ca: clientCa.certPem, skip_mtls_uri_regex: ['^/health$'] } })
  await put(t, 'routes/1', { uri: '/*', upstream: { nodes: { [`127.0.0.1:${upstream.port}`]: 1 } } })
  const get = async (path: string) => {
    const { socket } = await dial(shared, { servername: 'test.com' })
    if (socket === undefined) return ''
    socket.setEncoding('utf8')
    let text = ''
    socket.on('data', (chunk: string) => { text += chunk })
    socket.write(`GET ${path} HTTP/1.1\r\nHost: test.com\r\nConnection: close\r\n\r\n`)
    await once(socket, 'close')
    return text
  }
  await until(async () => (await get('/health')).startsWith('HTTP/1.1 200'))
  t.match(await get('/other'), /^HTTP\/1\.1 400 /)
  await shared.logged('client certificate was not present')
})

t.test('what is no ClientHello is closed, and a slow one is not waited for', async t => {
  const gateway = await TestGateway.start(t, { config: { clinch: { client_hello_timeout_ms: 100 } } })
  for (const first of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x00\x05']) {
    const socket = connectTcp({ port: gateway.httpsPort, host: '127.0.0.1' })
    socket.write(first, 'latin1')
    socket.resume()
    await once(socket, 'close')
  }
  t.pass()
})

async function sessionOf (socket: TLSSocket): Promise<Buffer> {
  if (socket.getProtocol() === 'TLSv1.2') return socket.getSession() as Buffer
  const [session] = await once(socket, 'session') as [Buffer]
  return session
}
