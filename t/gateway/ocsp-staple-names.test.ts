import { request } from 'undici'
import t, { type Test } from 'tap'
import { createOcspResponder, type OcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'
import { shakeHands, stapledStatus } from '../support/staple-client.ts'

t.test('96. no SNI; unknown SNI; wildcard: staple of the certificate sent', async t => {
  const { authority, responder, gateway } = await createWorld(t, { apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }], fallback_sni: 'fallback.test' }, control: { port: 0 } } })
  const leaves = new Map<string, Issued>()
  for (const name of ['fallback.test', '*.wild.test', 'exact.wild.test']) {
    const leaf = authority.issue({ sans: [name], ocspUris: [responder.url] })
    leaves.set(name, leaf)
    await put(gateway, String(leaves.size), leaf, name)
  }
  const serialOf = (name: string) => leaves.get(name)?.serialHex.toUpperCase()

  for (const version of ['-tls1_2', '-tls1_3']) {
    await t.test(`no SNI, ${version}: the certificate of fallback_sni, and its staple`, async t => {
      const { staple, stapleSerial } = await sClient({ port: gateway.httpsPort, args: [version] })
      t.same([staple, stapleSerial], ['good', serialOf('fallback.test')])
    })
    await t.test(`wildcard, ${version}: the wildcard's certificate and its staple, but an exact name has its own`, async t => {
      const any = await sClient({ port: gateway.httpsPort, servername: 'any.wild.test', args: [version] })
      t.same([any.staple, any.stapleSerial], ['good', serialOf('*.wild.test')])
      const exact = await sClient({ port: gateway.httpsPort, servername: 'exact.wild.test', args: [version] })
      t.same([exact.staple, exact.stapleSerial], ['good', serialOf('exact.wild.test')])
    })
    await t.test(`unknown SNI, ${version}: an alert, no certificate and no staple`, async t => {
      const { output, staple } = await sClient({ port: gateway.httpsPort, servername: 'unknown.test', args: [version] })
      t.match(output, 'unrecognized name')
      t.match(output, 'no peer certificate available')
      t.equal(staple, undefined)
    })
  }
})

t.test('102. certificate without AIA: silent', async t => {
  const { authority, gateway } = await createWorld(t, { nginx_config: { worker_processes: 1 } }, ['ocsp-stapling', 'prometheus'])
  const leaf = authority.issue({ sans: ['test.com'] })
  await gateway.logged('prometheus export server is listening')
  const from = gateway.output.length
  await put(gateway, '1', leaf, 'test.com')
  for (let round = 0; round < 5; round++) t.equal(stapledStatus(await shakeHands(gateway.httpsPort, 'test.com'), authority), 'none')
  await gateway.logged('cert not contains authority_information_access extension')

  const lines = gateway.output.slice(from).split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line) as { level: number, msg: string, component?: string })
  t.equal(lines.filter(({ msg }) => msg.startsWith('no ocsp response send')).length, 1, 'one line')
  t.same(lines.filter(({ level }) => level >= 40), [], 'at debug: no warning and no error')
  const { body: { list } } = await gateway.control('/v1/ocsp/staples')
  t.match(list, [{ state: 'not_applicable', failures: 0, due: undefined, last_error: undefined }])
  const [, port] = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output) ?? []
  const metrics = await (await request(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()
  t.notMatch(metrics, /ocsp_fetch_total\{/, 'no metric of failure')
  t.match((await gateway.control('/v1/health')).body, { status: 'ok' })
})

t.test('a name that is taken over by another certificate of another ssl gets that one\'s staple', async t => {
  const { authority, responder, gateway } = await createWorld(t)
  const [exact, wild] = ['a.shared.test', '*.shared.test'].map(name => authority.issue({ sans: [name], ocspUris: [responder.url] })) as [Issued, Issued]
  await put(gateway, 'wild', wild, '*.shared.test')
  const serialNow = async () => {
    const handshake = await shakeHands(gateway.httpsPort, 'a.shared.test')
    t.equal(stapledStatus(handshake, authority), 'good', 'verifies for the very certificate that was sent')
    return handshake.certificate?.serialNumber.toString('hex')
  }
  t.equal(await serialNow(), wild.serialHex)
  await put(gateway, 'exact', exact, 'a.shared.test')
  await until(async () => await serialNow() === exact.serialHex)
  await gateway.admin('DELETE', 'ssls/exact')
  await until(async () => await serialNow() === wild.serialHex)
})

interface World {
  readonly authority: Authority
  readonly responder: OcspResponder
  readonly gateway: TestGateway
}

async function createWorld (t: Test, config: Record<string, unknown> = {}, plugins?: readonly string[]): Promise<World> {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(async () => await responder.close())
  return { authority, responder, gateway: await TestGateway.start(t, { config, ...(plugins === undefined ? {} : { plugins }) }) }
}

async function put (gateway: TestGateway, id: string, leaf: Issued, sni: string): Promise<void> {
  const { status, text } = await gateway.admin('PUT', `ssls/${id}`, { cert: leaf.chainPem, key: leaf.keyPem, sni, ocsp_stapling: { enabled: true } })
  if (status !== 201) throw new Error(text)
}
