import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildRequest } from '@clinch/ocsp-core'
import { request } from 'undici'
import t, { type Test } from 'tap'
import { createOcspResponder, type OcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient, type SClientResult } from '../support/s-client.ts'

const enabled = { ocsp_stapling: { enabled: true } }
const sslOf = (issued: Issued, more: object = {}) => ({ cert: issued.chainPem, key: issued.keyPem, sni: 'test.com', ...enabled, ...more })
const serialOf = ({ output }: SClientResult) => new X509Certificate(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/.exec(output)?.[0] ?? '').serialNumber.toLowerCase()

async function worldOf (t: Test): Promise<{ authority: Authority, responder: OcspResponder, gateway: TestGateway, dial: () => Promise<SClientResult> }> {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const gateway = await TestGateway.start(t, { workers: 1 })
  return { authority, responder, gateway, dial: async () => await sClient({ port: gateway.httpsPort, servername: 'test.com' }) }
}

t.test('93. a certificate replaced while its fetch is in flight: the late answer does not attach to the new one', async t => {
  const { authority, responder, gateway, dial } = await worldOf(t)
  const [first, second] = [authority.issue({ sans: ['test.com'], ocspUris: [responder.url] }), authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })]
  responder.set(first, 'good')
  responder.set(second, 'revoked')
  responder.hang()
  await gateway.admin('PUT', 'ssls/1', sslOf(first))
  await until(() => responder.count === 1)
  await gateway.admin('PUT', 'ssls/1', sslOf(second))
  responder.release()
  await until(async () => serialOf(await dial()) === second.serialHex)
  t.equal((await dial()).staple, 'none')
})

t.test('a certificate that replaces a working one goes live with its staple; until then the old one serves, stapled', async t => {
  const { authority, responder, gateway, dial } = await worldOf(t)
  const [before, after] = [authority.issue({ sans: ['test.com'], ocspUris: [responder.url] }), authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })]
  for (const leaf of [before, after]) responder.set(leaf, 'good')
  await gateway.admin('PUT', 'ssls/1', sslOf(before))
  t.equal((await dial()).staple, 'good')
  responder.hang()
  await gateway.admin('PUT', 'ssls/1', sslOf(after))
  const meanwhile = await dial()
  t.equal(serialOf(meanwhile), before.serialHex)
  t.equal(meanwhile.staple, 'good')
  responder.release()
  await until(async () => serialOf(await dial()) === after.serialHex)
  t.equal((await dial()).staple, 'good')
})

t.test('a replacement whose responder never answers goes live after three seconds all the same', async t => {
  const { authority, responder, gateway, dial } = await worldOf(t)
  const [before, after] = [authority.issue({ sans: ['test.com'], ocspUris: [responder.url] }), authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })]
  responder.set(before, 'good')
  await gateway.admin('PUT', 'ssls/1', sslOf(before))
  t.equal((await dial()).staple, 'good')
  responder.hang()
  await gateway.admin('PUT', 'ssls/1', sslOf(after))
  await until(async () => serialOf(await dial()) === after.serialHex)
  responder.release()
  t.pass()
})

t.test('103. must-staple without a staple', async t => {
  const { authority, responder, gateway, dial } = await worldOf(t)
  const must = authority.issue({ sans: ['test.com'], ocspUris: [responder.url], mustStaple: true })
  responder.lie('tryLater')

  await t.test('serve: goes on without one, and says so', async t => {
    await gateway.admin('PUT', 'ssls/1', sslOf(must))
    t.equal((await dial()).staple, 'none')
    await gateway.logged('must-staple certificate without a staple')
    const health = await gateway.control('/v1/health')
    t.match(health.body, { status: 'degraded', reasons: [{ ssl_id: '1', reason: /must-staple/ }] })
  })

  await t.test('refuse: ends the handshake of a client that asked, and only that', async t => {
    await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { must_staple: 'refuse' } })
    await until(async () => !(await dial()).output.includes('Server certificate'))
    const silent = await sClient({ port: gateway.httpsPort, servername: 'test.com', status: false })
    t.match(silent.output, 'Server certificate')
  })

  await t.test('another certificate of the name is presented while it fits the client', async t => {
    const rsa = authority.issue({ sans: ['test.com'], key: 'rsa', serial: '5a09' })
    await gateway.admin('PATCH', 'ssls/1', { certs: [rsa.chainPem], keys: [rsa.keyPem] })
    await until(async () => { const result = await dial(); return result.output.includes('Server certificate') && serialOf(result) === '5a09' })
    t.pass()
  })

  await t.test('with its staple it is presented again', async t => {
    responder.lie(undefined)
    responder.set(must, 'good')
    await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { cache_ttl: 61 } })
    await until(async () => (await dial()).staple === 'good')
    t.equal(serialOf(await dial()), must.serialHex)
  })
})

t.test('ssl_stapling_file is stapled as long as it verifies, and read again when it changes', async t => {
  const { authority, responder, gateway, dial } = await worldOf(t)
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  const ask = async () => {
    const body = buildRequest({ certificate: leaf.certificate, issuer: authority.certificate, hash: 'sha256' })
    const answer = await request(responder.url, { method: 'POST', headers: { 'content-type': 'application/ocsp-request' }, body })
    return Buffer.from(await answer.body.arrayBuffer())
  }
  const der = await ask()
  const asked = responder.count
  const file = join(gateway.folder, 'staple.der')
  await writeFile(file, 'not a response')
  await gateway.admin('PUT', 'ssls/1', sslOf(leaf, { ocsp_stapling: { enabled: true, ssl_stapling_file: 'staple.der' } }))
  t.equal((await dial()).staple, 'none')
  await gateway.logged('no ocsp response send: failed to validate ocsp response')
  await writeFile(file, der)
  await until(async () => (await dial()).staple === 'good')
  t.equal(responder.count, asked, 'no responder is asked')
})

t.test('a hanging responder slows the first handshake and none after it', async t => {
  const { authority, responder, gateway, dial } = await worldOf(t)
  responder.hang()
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  await gateway.admin('PUT', 'ssls/1', sslOf(leaf))
  const waits: string[] = []
  for (let round = 0; round < 4; round++) waits.push(String((await dial()).staple))
  t.same(waits, ['none', 'none', 'none', 'none'])
  t.equal(responder.count, 1, 'one question, still open')
  responder.release()
})
