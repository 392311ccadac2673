import { once } from 'node:events'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { connect, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { readUntil } from '../data-plane/http-client.ts'
import { createOcspResponder, type OcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { echo, startUpstream, type TestUpstream, type UpstreamHandler } from '../support/upstream.ts'

// The responder's answers begin a minute ago: they are good for three seconds when they come.
export const shortWindowMs = 63_000

export interface World {
  readonly gateway: TestGateway
  readonly authority: Authority
  readonly responder: OcspResponder
  readonly upstream: TestUpstream
  readonly client: Issued
  /** Its chain, as a client sends it. */
  readonly credentials: { readonly cert: string, readonly key: string }
}

interface WorldSettings {
  readonly windowMs?: number
  readonly tickets?: boolean
  readonly workers?: number
  readonly scope?: 'off' | 'leaf' | 'chain'
  readonly route?: object
  readonly handler?: UpstreamHandler
  readonly cas?: 'root' | 'both'
  /** `plugin_attr.ocsp-stapling`, beside `aia_allow`. */
  readonly attr?: object
}

/** An mTLS name, a route that checks, and clients of an intermediate that they send along. */
export async function createWorld (t: Test, { windowMs = 3_600_000, tickets = false, workers = 1, scope = 'leaf', route = {}, handler = echo, cas = 'root', attr = {} }: WorldSettings = {}): Promise<World> {
  const root = createAuthority({ name: 'Client root' })
  const authorities = [root]
  const responder = await createOcspResponder({ authority: authorities, windowMs })
  t.teardown(async () => await responder.close())
  const authority = createAuthority({ name: 'Client CA', parent: root, ocspUris: [responder.url] })
  authorities.push(authority)
  const upstream = await startUpstream({ handler })
  t.teardown(async () => await upstream.close())
  const gateway = await TestGateway.start(t, {
    workers,
    responders: [responder.url],
    config: { apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }], ssl_session_tickets: tickets }, control: { port: 0 } }, plugin_attr: { 'ocsp-stapling': attr } }
  })
  const server = createAuthority().issue({ sans: ['test.com'] })
  const ca = cas === 'root' ? root.certPem : root.certPem + authority.certPem
  await gateway.admin('PUT', 'ssls/1', { cert: server.chainPem, key: server.keyPem, sni: 'test.com', client: { ca, depth: 2 }, ocsp_stapling: { ssl_ocsp: scope, cache_ttl: 60 } })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ocsp-stapling': { rejected_code: 403, unavailable_code: 503, ...route } }, upstream: { nodes: { [upstream.node]: 1 } } })
  const client = authority.issue({ subject: 'client', ocspUris: [responder.url] })
  responder.set(client, 'good')
  const world = { gateway, authority, responder, upstream, client, credentials: { cert: client.certPem + authority.certPem, key: client.keyPem } }
  const other = authority.issue({ subject: 'other', ocspUris: [responder.url] })
  await until(async () => (await get(world, { cert: other.certPem + authority.certPem, key: other.keyPem })).status === 200, () => gateway.output.slice(-3000))
  return world
}

export interface Dialled { readonly socket: TLSSocket, readonly session: () => Buffer | undefined }

/** Whom to call, and as whom. */
export type Dialling = Pick<World, 'gateway' | 'credentials'>

export async function dial ({ gateway, credentials }: Dialling, options: { credentials?: World['credentials'], session?: Buffer | undefined, alpn?: string } = {}): Promise<Dialled> {
  const socket = connect({
    host: '127.0.0.1', port: gateway.httpsPort, servername: 'test.com', rejectUnauthorized: false, ALPNProtocols: [options.alpn ?? 'http/1.1'], ...options.credentials ?? credentials, session: options.session
  })
  let session: Buffer | undefined
  socket.on('session', (ticket: Buffer) => { session = ticket })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  return { socket, session: () => session }
}

export async function request (socket: TLSSocket, path = '/'): Promise<number> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: test.com\r\n\r\n`)
  const head = await readUntil(socket, '\r\n\r\n')
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const got = head.length - head.indexOf('\r\n\r\n') - 4
  if (got < length) await readBytes(socket, length - got)
  return Number(head.split(' ')[1])
}

async function readBytes (socket: TLSSocket, count: number): Promise<void> {
  for (let left = count; left > 0;) {
    const [chunk] = await once(socket, 'data') as [Buffer]
    left -= chunk.length
  }
}

/** One request on a connection of its own. */
export async function get (world: Dialling, credentials = world.credentials): Promise<{ status: number, error?: string }> {
  try {
    const { socket } = await dial(world, { credentials })
    const status = await request(socket)
    socket.destroy()
    return { status }
  } catch (error) {
    return { status: 0, error: (error as NodeJS.ErrnoException).code ?? String(error) }
  }
}

export async function openHttp2 (world: Dialling): Promise<ClientHttp2Session> {
  const { socket } = await dial(world, { alpn: 'h2' })
  const session = connectHttp2('https://test.com', { createConnection: () => socket })
  session.on('error', () => {})
  return session
}

export async function requestHttp2 (session: ClientHttp2Session, path = '/'): Promise<number> {
  const stream = session.request({ ':path': path, ':authority': 'test.com' })
  stream.on('error', () => {}).resume()
  const [headers] = await once(stream, 'response') as [{ ':status': number }]
  return headers[':status']
}
