import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { ClientHttp2Session } from 'node:http2'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { ask, fieldOf } from '../data-plane/http-client.ts'
import { until } from '../support/gateway.ts'
import type { Issued } from '../support/pki.ts'
import type { Received } from '../support/upstream.ts'
import { createWorld, dial, get, openHttp2, type World } from './client-gateway.ts'

const names = ['client-cert', 'client-cert-chain', 'x-client-cert-status'] as const
const smuggled = [['Client-Cert', ':AA==:'], ['client_cert', ':AA==:'], ['Client-Cert_Chain', ':AA==:'], ['X-Client-Cert-Status', 'good'], ['X_CLIENT_CERT_STATUS', 'good']] as const

/** A request of HTTP/1.1 on an open connection, and what the upstream got. */
async function receivedOver (socket: TLSSocket, fields: ReadonlyArray<readonly [string, string]> = [], path = '/'): Promise<Received> {
  let answer = ''
  const onData = (chunk: Buffer): void => { answer += chunk.toString('latin1') }
  socket.on('data', onData)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: test.com\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  await until(() => {
    const [head = '', body] = answer.split('\r\n\r\n')
    return body !== undefined && body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? NaN)
  }, () => answer)
  socket.off('data', onData)
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as Received
}

async function receivedOverHttp2 (session: ClientHttp2Session, fields: Readonly<Record<string, string>> = {}): Promise<Received> {
  const stream = session.request({ ':path': '/', ':authority': 'test.com', ...fields })
  await once(stream, 'response')
  return JSON.parse(await text(stream)) as Received
}

async function receivedBy (world: World, options: Parameters<typeof dial>[1] = {}): Promise<Received & { readonly resumed: boolean }> {
  const { socket } = await dial(world, options)
  const received = await receivedOver(socket)
  const resumed = socket.isSessionReused()
  socket.destroy()
  return { ...received, resumed }
}

const isClaim = (name: string): boolean => /client.?cert/i.test(name)
const toldOf = (received: Received) => names.map(name => fieldOf(received, name))

/** The certificates of a List of Byte Sequences (RFC 9651). */
function certificatesIn (field: string | undefined): X509Certificate[] {
  return (field ?? '').split(', ').map(item => {
    const [, base64 = ''] = /^:((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?):$/.exec(item) ?? []
    return new X509Certificate(Buffer.from(base64, 'base64'))
  })
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

const templates = {
  'X-Verify': '$ssl_client_verify',
  'X-Who': '$ssl_client_s_dn by $ssl_client_i_dn',
  'X-Serial': '$ssl_client_serial',
  'X-Fingerprint': '$ssl_client_fingerprint',
  'X-Until': '$ssl_client_v_end',
  'X-Pem': '$ssl_client_escaped_cert',
  'X-Ocsp': '$ocsp_client_status from $ocsp_client_source at $ocsp_client_checked until $ocsp_client_next ${ocsp_client_reason ?? without reason}' // eslint-disable-line no-template-curly-in-string
}

const audit = `export default {
  name: 'audit', version: 1, priority: 1, schema: { type: 'object' },
  create: (conf, host) => ({
    log (context) {
      const value = name => context.variable(name)
      host.log.warn({ status: value('ocsp_client_status'), source: value('ocsp_client_source'), client: value('ssl_client_s_dn') }, 'audited')
    }
  })
}
`

t.test('the upstream is told about the client', async t => {
  const startedAtMs = Date.now()
  const world = await createWorld(t, { tickets: true, workers: 2, route: { forward_client_cert: 'chain' } })
  const { gateway, upstream, client, authority, responder } = world
  const node = { nodes: { [upstream.node]: 1 } }
  const credentialsOf = (issued: Issued) => ({ cert: issued.certPem + authority.certPem, key: issued.keyPem })

  await t.test('of the certificate, its chain and its status, over HTTP/1.1 and HTTP/2', async t => {
    const { socket } = await dial(world)
    const session = await openHttp2(world)
    t.teardown(() => { socket.destroy(); session.destroy() })
    const inHttp2 = Object.fromEntries(smuggled.map(([name, value]) => [name.toLowerCase(), value]))
    const got = [await receivedOver(socket, smuggled), await receivedOver(socket), await receivedOverHttp2(session, inHttp2), await receivedOverHttp2(session)]
    for (const received of got) {
      const [certificate, chain, status] = toldOf(received)
      t.strictSame(certificatesIn(certificate).map(({ raw }) => raw), [client.certDer])
      t.strictSame(certificatesIn(chain).map(({ raw }) => raw), [authority.certDer])
      const [, checked = 0, next = 0] = /^good; source=(?:ocsp|cache); checked=(\d+); next=(\d+)$/.exec(status ?? '')?.map(Number) ?? []
      t.ok(checked >= seconds(startedAtMs) && checked <= seconds(Date.now()), 'asked since the test began')
      t.ok(next > checked && next <= seconds(Date.now() + 3_600_000), 'good for an hour')
      t.equal(received.rawHeaders.filter((name, at) => at % 2 === 0 && isClaim(name)).length, 3, 'and nothing of what the client made up')
    }
    t.match(toldOf(got[1] as Received)[2], 'source=cache')
  })

  await t.test('what a client makes up reaches no upstream, whatever the route and the listener', async t => {
    await gateway.admin('PUT', 'routes/2', { uri: '/free/*', upstream: node })
    const { socket } = await dial(world)
    t.teardown(() => { socket.destroy() })
    await until(async () => fieldOf(await receivedOver(socket, [], '/free/a'), 'client-cert') === undefined)
    t.strictSame((await receivedOver(socket, smuggled, '/free/a')).rawHeaders.filter(isClaim), [], 'a route without the plugin')
    const plain = async (path: string) => (await ask(gateway.httpPort, { path, headers: Object.fromEntries(smuggled) })).received().rawHeaders.filter(isClaim)
    t.strictSame(await plain('/free/a'), [], 'without TLS')
    t.strictSame(await plain('/a'), [], 'without TLS on the route with the plugin')
  })

  for (const scope of ['chain', 'leaf', 'off'] as const) {
    await t.test(`on a resumed session as on the full handshake, on another worker too; ssl_ocsp ${scope}`, async t => {
      await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { ssl_ocsp: scope } })
      const expected = scope === 'off' ? /^not-checked$/ : /^good; source=/
      await until(async () => expected.test(toldOf(await receivedBy(world))[2] ?? ''))
      const newcomer = credentialsOf(authority.issue({ subject: scope, ocspUris: [responder.url] })) // of whom no worker has heard
      const first = await dial(world, { credentials: newcomer })
      const [certificate, chain] = toldOf(await receivedOver(first.socket))
      await until(() => first.session() !== undefined)
      first.socket.destroy()
      t.ok(chain)
      for (let n = 0; n < 8; n++) {
        const received = await receivedBy(world, { credentials: newcomer, session: first.session() })
        t.equal(received.resumed, true)
        t.match(toldOf(received), [certificate, chain, expected])
      }
    })
  }

  await t.test('as variables for templates, filters and log lines, of those who were refused too', async t => {
    await writeFile(join(gateway.folder, 'audit.mjs'), audit)
    await gateway.writePlugins(['ocsp-stapling', 'proxy-rewrite', 'ip-restriction', './audit.mjs'])
    t.equal((await gateway.admin('PUT', 'plugins/reload')).status, 200)
    await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { ssl_ocsp: 'leaf' } })
    const route = await gateway.admin('PUT', 'routes/1', {
      uri: '/*',
      plugins: {
        'ocsp-stapling': { rejected_code: 403 },
        'proxy-rewrite': { headers: { set: templates } },
        'ip-restriction': { blacklist: ['127.0.0.1'], _meta: { filter: [['ocsp_client_status', '~=', 'good']] } },
        audit: {}
      },
      upstream: node
    })
    t.equal(route.status, 200, route.text)
    let received: Received | undefined
    await until(async () => {
      received = await receivedBy(world)
      return fieldOf(received, 'x-ocsp')?.startsWith('good') === true
    })
    const view = new X509Certificate(client.certDer)
    t.match(Object.keys(templates).map(name => received === undefined ? undefined : fieldOf(received, name)), [
      'SUCCESS', 'CN=client by CN=Client CA', view.serialNumber, view.fingerprint.replaceAll(':', '').toLowerCase(), view.validTo, encodeURIComponent(view.toString()),
      /^good from (ocsp|cache) at \d{10} until \d{10} without reason$/
    ])
    await gateway.logged(/"status":"good","source":"(ocsp|cache)","client":"CN=client"[^\n]*"msg":"audited"/)

    const revoked = authority.issue({ subject: 'gone', ocspUris: [responder.url] })
    responder.revoke(revoked)
    await until(async () => { // until every worker has the new route
      t.equal((await get(world, credentialsOf(revoked))).status, 403)
      return /"status":"revoked","source":"(ocsp|cache)","client":"CN=gone"[^\n]*"msg":"audited"/.test(gateway.output)
    })
    await until(async () => (await ask(gateway.httpPort)).status === 403) // one without a certificate has no status, which is not good
  })

  await t.test('of whom passes in doubt, as such', async t => {
    await gateway.admin('PATCH', 'routes/1', { plugins: { 'ocsp-stapling': { mode: 'soft', forward_client_cert: 'leaf' }, 'proxy-rewrite': null, 'ip-restriction': null } })
    const statusOf = async (subject: string, status?: 'unknown') => {
      const issued = authority.issue({ subject, ocspUris: [responder.url] })
      if (status !== undefined) responder.set(issued, status)
      return toldOf(await receivedBy(world, { credentials: credentialsOf(issued) }))[2]
    }
    await until(async () => fieldOf(await receivedBy(world), 'client-cert-chain') === undefined)
    t.match(await statusOf('unknown to the CA', 'unknown'), /^unknown; source=ocsp; checked=\d+; next=\d+$/)
    await responder.stop()
    t.equal(await statusOf('nobody answers'), 'indeterminate; reason=OCSP_ERR_RESPONDER_CONNECT')
  })
})

t.test('where proxies write the fields they go on, but not past the route that forwards', async t => {
  const world = await createWorld(t, { route: { forward_client_cert: 'leaf' }, attr: { strip_client_cert_fields: false } })
  const { gateway, upstream, client } = world
  await gateway.admin('PUT', 'routes/2', { uri: '/free/*', upstream: { nodes: { [upstream.node]: 1 } } })
  const fromProxy = async (path: string) => (await ask(gateway.httpPort, { path, headers: { 'Client-Cert': ':AA==:', client_cert: ':AA==:' } })).received()
  await until(async () => (await fromProxy('/free/a')).rawHeaders.includes('client_cert'))
  t.equal(fieldOf(await fromProxy('/free/a'), 'client-cert'), ':AA==:')
  t.strictSame((await fromProxy('/a')).rawHeaders.filter(isClaim), [])
  const { socket } = await dial(world)
  t.teardown(() => { socket.destroy() })
  const received = await receivedOver(socket, smuggled)
  t.equal(fieldOf(received, 'client-cert'), `:${client.certDer.toString('base64')}:`)
  t.equal(fieldOf(received, 'client_cert'), undefined)
})
