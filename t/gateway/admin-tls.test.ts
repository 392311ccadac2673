import { writeFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import t from 'tap'
import { createAuthority } from '../support/pki.ts'
import { TestGateway } from '../support/gateway.ts'

t.test('https_admin serves the Admin API over TLS, and asks for client certificates when it is given their CA', async t => {
  const authority = createAuthority()
  const server = authority.issue({ sans: ['localhost'] })
  const client = authority.issue({ subject: 'operator' })
  const folder = await mkdtemp(join(tmpdir(), 'clinch-test-'))
  for (const [name, text] of [['admin.crt', server.chainPem], ['admin.key', server.keyPem], ['ca.crt', authority.certPem]] as const) await writeFile(join(folder, name), text)
  const gateway = await TestGateway.start(t, {
    folder,
    plugins: [],
    config: { deployment: { admin: { https_admin: true, admin_api_mtls: { admin_ssl_cert: 'admin.crt', admin_ssl_cert_key: 'admin.key', admin_ssl_ca_cert: 'ca.crt' } } } }
  })
  t.match(gateway.adminUrl, /^https:/)
  const get = async (connect: object) => {
    const dispatcher = new Agent({ connect: { ca: authority.certPem, servername: 'localhost', ...connect } })
    t.teardown(() => dispatcher.close())
    const { statusCode, body } = await request(`${gateway.adminUrl}/apisix/admin/routes`, { dispatcher, headers: { 'x-api-key': gateway.key } })
    await body.dump()
    return statusCode
  }
  t.equal(await get({ cert: client.certPem, key: client.keyPem }), 200)
  t.equal(await get({}), 400, 'without a client certificate')
})

t.test('a certificate file that is not there stops the start with its name', async t => {
  await t.rejects(TestGateway.start(t, { plugins: [], config: { deployment: { admin: { https_admin: true, admin_api_mtls: { admin_ssl_cert: 'none.crt', admin_ssl_cert_key: 'none.key' } } } } }), { message: /admin_ssl_cert: none\.crt cannot be read: ENOENT/ })
})
