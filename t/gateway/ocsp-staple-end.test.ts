import t from 'tap'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { shakeHands, stapledStatus } from '../support/staple-client.ts'

const firstBackoffMs = 30_000 // at most (ocsp.md 8.4)

t.test('94. refresh fails until past the end: stapled until the end, bare after, recovers by itself', async t => {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority, windowMs: 67_000 }) // of which a minute has passed
  t.teardown(async () => await responder.close())
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  const gateway = await TestGateway.start(t, { workers: 1 })
  const statusNow = async () => stapledStatus(await shakeHands(gateway.httpsPort, 'test.com'), authority)
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } })
  t.equal(await statusNow(), 'good')
  await responder.stop()
  t.equal(await statusNow(), 'good', 'the responder is down')
  await until(async () => await statusNow() === 'none')
  await gateway.logged(/no ocsp response send: ocsp responder query failed/) // a refresh has failed
  await responder.restart()
  await until(async () => await statusNow() === 'good', undefined, firstBackoffMs + 10_000)
})
