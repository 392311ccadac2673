import { X509Certificate } from 'node:crypto'
import t, { type Test } from 'tap'
import { createOcspResponder, type OcspResponder } from '../support/ocsp-responder.ts'
import { OpensslResponder } from '../support/openssl-responder.ts'
import { createAuthority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'

const sslOf = (issued: Issued, more: object = {}) => ({ cert: issued.chainPem, key: issued.keyPem, sni: 'test.com', ...more })
const enabled = { ocsp_stapling: { enabled: true } }

// For all tests that need no settings of their own; each takes away what it put.
const gateway = await TestGateway.start(t, { workers: 2 })

async function putSsl (t: Test, issued: Issued, more: object = enabled, id = '1'): Promise<void> {
  const { status, text } = await gateway.admin('PUT', `ssls/${id}`, sslOf(issued, more))
  if (status !== 201) throw new Error(text)
  t.teardown(async () => await gateway.admin('DELETE', `ssls/${id}`))
}

const handshake = async (servername = 'test.com', args: readonly string[] = []) => await sClient({ port: gateway.httpsPort, servername, args })

t.test('with the responder that everybody has, the first handshake after the PUT is stapled', async t => {
  const authority = createAuthority()
  const responder = await OpensslResponder.create(t, authority)
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  await responder.set(leaf, 'good')
  await responder.start()
  await putSsl(t, leaf)
  const first = await handshake()
  t.match(first.output, 'OCSP Response Status: successful (0x0)')
  t.equal(first.staple, 'good')

  await t.test('switched off, no response is sent', async t => {
    t.equal((await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { enabled: false } })).status, 200)
    await until(async () => (await handshake()).staple === 'none')
    t.pass()
  })

  await t.test('a client that does not ask gets none', async t => {
    await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { enabled: true } })
    const asked = await handshake()
    t.equal(asked.staple, 'good')
    t.notMatch(asked.output, 'no response sent')
    await sClient({ port: gateway.httpsPort, servername: 'test.com', status: false })
    await gateway.logged('no status request required, no need to send ocsp response')
  })
})

t.test('a revoked and an unknown certificate are not stapled, and the log says why', async t => {
  const authority = createAuthority()
  const responder = await OpensslResponder.create(t, authority)
  const revoked = authority.issue({ sans: ['revoked.test'], ocspUris: [responder.url] })
  const unknown = authority.issue({ sans: ['unknown.test'], ocspUris: [responder.url] })
  await responder.set(revoked, 'revoked')
  await responder.start()
  await putSsl(t, revoked, { ...enabled, sni: 'revoked.test' })
  await putSsl(t, unknown, { ...enabled, sni: 'unknown.test' }, '2')

  t.equal((await handshake('revoked.test')).staple, 'none')
  t.equal((await handshake('unknown.test')).staple, 'none')
  await gateway.logged('no ocsp response send: failed to validate ocsp response: certificate status \\"revoked\\" in the OCSP response')
  await gateway.logged('no ocsp response send: failed to validate ocsp response: certificate status \\"unknown\\" in the OCSP response')

  await t.test('with skip_verify they are stapled as they came', async t => {
    await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { skip_verify: true } })
    await gateway.admin('PATCH', 'ssls/2', { ocsp_stapling: { skip_verify: true } })
    await until(async () => (await handshake('revoked.test')).staple === 'revoked')
    await until(async () => (await handshake('unknown.test')).staple === 'unknown')
    t.pass()
  })
})

t.test('95. RSA and ECDSA for one name; clients of either kind, TLS 1.2 and 1.3: each gets the staple of the certificate it got', async t => {
  const authority = createAuthority()
  const responder = await responderOf(t, { authority })
  const [rsa, ecdsa] = ([['rsa', '5a01'], ['ec', '5a02']] as const).map(([key, serial]) => authority.issue({ sans: ['test.com'], key, serial, ocspUris: [responder.url] })) as [Issued, Issued]
  for (const leaf of [rsa, ecdsa]) responder.set(leaf, 'good')
  await putSsl(t, rsa, { certs: [ecdsa.chainPem], keys: [ecdsa.keyPem], ...enabled })
  const cases = [
    { name: 'TLS 1.2 with an RSA suite', args: ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'], serial: '5A01' },
    { name: 'TLS 1.2 with an ECDSA suite', args: ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'], serial: '5A02' },
    { name: 'TLS 1.3 with RSA signatures', args: ['-tls1_3', '-sigalgs', 'RSA-PSS+SHA256'], serial: '5A01' },
    { name: 'TLS 1.3 with ECDSA signatures', args: ['-tls1_3', '-sigalgs', 'ECDSA+SHA256'], serial: '5A02' },
    { name: 'a client that can do both', args: [], serial: '5A02' }
  ]
  for (const { name, args, serial } of cases) {
    await t.test(name, async t => {
      const result = await handshake('test.com', args)
      const presented = new X509Certificate(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/.exec(result.output)?.[0] ?? '')
      t.equal(presented.serialNumber, serial)
      t.equal(result.staple, 'good')
      t.equal(result.stapleSerial, serial)
    })
  }
})

t.test('two workers and many handshakes ask the responder once', async t => {
  const authority = createAuthority()
  const responder = await responderOf(t, { authority })
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  await putSsl(t, leaf)
  for (let round = 0; round < 10; round++) t.equal((await handshake()).staple, 'good')
  t.equal(responder.count, 1)
})

t.test('a responder that hangs delays no handshake but those of the first second', async t => {
  const authority = createAuthority()
  const responder = await responderOf(t, { authority })
  responder.hang()
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  const gateway = await TestGateway.start(t, { config: { plugin_attr: { 'ocsp-stapling': { first_staple_wait: 0.2 } } } })
  await gateway.admin('PUT', 'ssls/1', sslOf(leaf, enabled))
  t.equal((await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple, 'none', 'served bare')
  responder.release()
  await until(async () => (await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple === 'good')
  t.pass('stapled as soon as the answer came')
})

t.test('a response that somebody else signed is not stapled', async t => {
  const authority = createAuthority()
  const responder = await responderOf(t, { authority, delegate: createAuthority({ name: 'Stranger' }).issueDelegate() })
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  await putSsl(t, leaf)
  t.equal((await handshake()).staple, 'none')
  await gateway.logged(/"code":"OCSP_ERR_SIGNER_NOT_AUTHORIZED".*no ocsp response send: failed to validate ocsp response/)
})

t.test('ssl_stapling_responder is asked instead of the one that the certificate names', async t => {
  const authority = createAuthority()
  const responder = await responderOf(t, { authority })
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: ['http://127.0.0.1:1/'] })
  responder.set(leaf, 'good')
  await putSsl(t, leaf)
  t.equal((await handshake()).staple, 'none')
  await gateway.logged(/no ocsp response send: ocsp responder query failed: .*connection refused/)
  await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { ssl_stapling_responder: responder.url } })
  await until(async () => (await handshake()).staple === 'good')
  t.pass()
})

t.test('the control API shows each staple', async t => {
  const authority = createAuthority()
  const responder = await responderOf(t, { authority })
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  await putSsl(t, leaf)
  await until(async () => {
    const { body } = await gateway.control('/v1/ocsp/staples')
    const [staple] = body['list'] as unknown as Array<Record<string, unknown>>
    return staple?.['state'] === 'good'
  })
  const { body } = await gateway.control('/v1/ocsp/staples')
  t.match(body, { total: 1, list: [{ ssl_id: '1', snis: ['test.com'], state: 'good', responder: responder.url, failures: 0 }] })
})

async function responderOf (t: Test, options: Parameters<typeof createOcspResponder>[0]): Promise<OcspResponder> {
  const responder = await createOcspResponder(options)
  t.teardown(() => responder.close())
  return responder
}
