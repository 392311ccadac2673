import { request } from 'undici'
import t from 'tap'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'

t.test('the prometheus endpoint shows handshakes and fetches of all workers and of the agent', async t => {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  const gateway = await TestGateway.start(t, { plugins: ['ocsp-stapling', 'prometheus'] })
  await gateway.logged('prometheus export server is listening')
  const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
  const scrape = async () => await (await request(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()

  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } })
  for (let round = 0; round < 6; round++) t.equal((await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple, 'good')
  await until(async () => /apisix_ocsp_handshakes_total\{result="stapled"\} 6/.test(await scrape()))
  const text = await scrape()
  t.match(text, /apisix_ocsp_fetch_total\{purpose="staple",result_code="good"\} 1/)
  t.match(text, /apisix_ocsp_staple_state\{certificate="1\/[0-9a-f]{16}"\} 1/)
  t.match(text, /apisix_ocsp_staple_expiry_seconds\{certificate="1\/[0-9a-f]{16}"\} \d+/)
  t.notMatch(text, leaf.serialHex, 'no serial numbers')
})
