import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import t, { type Test } from 'tap'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { OpensslResponder } from '../support/openssl-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

/** `curl` with a client certificate, as in the README. */
async function curl (gateway: TestGateway, client: Issued | undefined, path = '/'): Promise<{ status: number, body: string, exit: number }> {
  const files = { cert: join(gateway.folder, 'client.crt'), key: join(gateway.folder, 'client.key') }
  if (client !== undefined) {
    await writeFile(files.cert, client.certPem)
    await writeFile(files.key, client.keyPem)
  }
  const args = ['-sS', '-k', '--resolve', `test.com:${gateway.httpsPort}:127.0.0.1`, `https://test.com:${gateway.httpsPort}${path}`, '-w', '\n%{http_code}', ...(client === undefined ? [] : ['--cert', files.cert, '--key', files.key])]
  return await new Promise(resolve => {
    execFile('curl', args, (error, stdout) => {
      const lines = stdout.split('\n')
      const exit = typeof error?.code === 'number' ? error.code : 0
      resolve({ status: Number(lines.pop()), body: lines.join('\n'), exit })
    })
  })
}

interface World {
  readonly gateway: TestGateway
  readonly good: Issued
  readonly revoked: Issued
  readonly unknown: Issued
  readonly responder: OpensslResponder
}

// A gateway with an mTLS name and a route with the plugin, and a real openssl responder for the client certificates.
async function createWorld (t: Test, options: { intermediate?: boolean } = {}): Promise<World> {
  const root = createAuthority({ name: 'Client root' })
  const authority: Authority = options.intermediate === true ? createAuthority({ name: 'Client intermediate', parent: root }) : root
  const responder = await OpensslResponder.create(t, authority)
  const issue = (subject: string) => {
    const issued = authority.issue({ subject, ocspUris: [responder.url] })
    return options.intermediate === true ? { ...issued, certPem: issued.certPem + authority.certPem } : issued
  }
  const [good, revoked, unknown] = [issue('good'), issue('revoked'), issue('unknown')]
  await responder.set(good, 'good')
  await responder.set(revoked, 'revoked')
  await responder.start()

  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { responders: [responder.url] })
  const server = createAuthority().issue({ sans: ['test.com'] })
  const ssl = await gateway.admin('PUT', 'ssls/1', {
    cert: server.chainPem, key: server.keyPem, sni: 'test.com', client: { ca: root.certPem, depth: 2 }, ocsp_stapling: { ssl_ocsp: 'leaf' }
  })
  t.equal(ssl.status, 201, ssl.text)
  const route = await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ocsp-stapling': {} }, upstream: { nodes: { [`127.0.0.1:${upstream.port}`]: 1 } } })
  t.equal(route.status, 201, route.text)
  await until(async () => (await curl(gateway, good)).status === 200, () => `the good client never got in:\n${gateway.output.slice(-4000)}`)
  return { gateway, good, revoked, unknown, responder }
}

t.test('a client certificate is asked about where ssl and route say so', async t => {
  const { gateway, good, revoked, unknown, responder } = await createWorld(t)

  await t.test('good passes', async t => {
    t.equal((await curl(gateway, good)).status, 200)
  })

  await t.test('revoked gets the certificate error page with 400', async t => {
    const answer = await curl(gateway, revoked)
    t.equal(answer.status, 400)
    t.match(answer.body, /<title>400 The SSL certificate error<\/title>[^]*<h1>400 Bad Request<\/h1>[^]*The SSL certificate error/)
    await gateway.logged('failed to validate ocsp response: certificate status \\"revoked\\" in the OCSP response')
  })

  await t.test('unknown gets 400', async t => {
    t.equal((await curl(gateway, unknown)).status, 400)
  })

  await t.test('without a certificate there is no request at all', async t => {
    t.not((await curl(gateway, undefined)).exit, 0)
  })

  await t.test('when the responder is down, a client that was never asked about is refused, one that is known passes', async t => {
    await responder.stop()
    const fresh = responder.authority.issue({ subject: 'fresh', ocspUris: [responder.url] })
    t.equal((await curl(gateway, fresh)).status, 400)
    t.equal((await curl(gateway, good)).status, 200)
    await responder.start()
  })

  await t.test('revoked is refused before any other plugin answers', async t => {
    await gateway.admin('PATCH', 'routes/1', { plugins: { 'ip-restriction': { blacklist: ['127.0.0.1'] }, 'request-id': { header_name: 'X-Early' } } })
    await until(async () => (await curl(gateway, good)).status === 403)
    t.equal((await curl(gateway, revoked)).status, 400)
    await gateway.admin('PATCH', 'routes/1', { plugins: { 'ip-restriction': null, 'request-id': null } })
    await until(async () => (await curl(gateway, good)).status === 200)
  })

  await t.test('expired ends in the handshake, and nobody is asked about it', async t => {
    const expired = responder.authority.issue({ subject: 'expired', ocspUris: [responder.url], notBeforeMs: Date.now() - 7_200_000, notAfterMs: Date.now() - 3_600_000 })
    t.not((await curl(gateway, expired)).exit, 0)
  })

  await t.test('without the plugin on the route nothing is checked', async t => {
    await gateway.admin('PATCH', 'routes/1', { plugins: { 'ocsp-stapling': null } })
    await until(async () => (await curl(gateway, revoked)).status === 200)
    await gateway.admin('PATCH', 'routes/1', { plugins: { 'ocsp-stapling': {} } })
    await until(async () => (await curl(gateway, revoked)).status === 400)
    t.pass()
  })

  await t.test('ssl_ocsp off turns every check off', async t => {
    await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { ssl_ocsp: 'off' } })
    await until(async () => (await curl(gateway, revoked)).status === 200)
    t.pass()
  })
})

t.test('an intermediate that the client sends is the issuer that its certificate is asked with', async t => {
  const { gateway, revoked, good } = await createWorld(t, { intermediate: true })
  t.equal((await curl(gateway, good)).status, 200)
  t.equal((await curl(gateway, revoked)).status, 400)
})

t.test('ssl_ocsp_responder is asked instead of the one that the certificate names', async t => {
  const authority = createAuthority({ name: 'Client root' })
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const client = authority.issue({ subject: 'client', ocspUris: ['http://127.0.0.1:1/'] })
  responder.set(client, 'good')
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { workers: 2 })
  const server = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', {
    cert: server.chainPem, key: server.keyPem, sni: 'test.com', client: { ca: authority.certPem }, ocsp_stapling: { ssl_ocsp: 'leaf', ssl_ocsp_responder: responder.url }
  })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ocsp-stapling': {} }, upstream: { nodes: { [`127.0.0.1:${upstream.port}`]: 1 } } })
  await until(async () => (await curl(gateway, client)).status === 200)
  for (let round = 0; round < 5; round++) t.equal((await curl(gateway, client)).status, 200)
  t.equal(responder.count, 1, 'asked once for both workers')
})
