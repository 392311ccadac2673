import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { TestGateway } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { readSteps } from '../support/readme.ts'
import { sClient } from '../support/s-client.ts'
import { startUpstream } from '../support/upstream.ts'
import { request } from 'undici'

const run = promisify(execFile)
const pair = createAuthority().issue({ sans: ['test.com'] })
const [old, next] = ['qeddd145sfvddff3', '0123456789abcdef0123456789abcdef']

async function startWith (t: Test, keyring: readonly string[] | null, folder?: string): Promise<TestGateway> {
  const config = { apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }] }, control: { port: 0 }, data_encryption: { keyring } } }
  return await TestGateway.start(t, { config, workers: 1, ...(folder === undefined ? {} : { folder }) })
}

async function isServed (gateway: TestGateway): Promise<boolean> {
  const { output } = await sClient({ port: gateway.httpsPort, servername: 'test.com' })
  const { statusCode, body } = await request(`http://127.0.0.1:${gateway.httpPort}/`)
  await body.dump()
  return output.includes('CN = test.com') && statusCode === 200
}

const hasJq = await run('jq', ['--version']).then(() => true, () => false)

t.test('the documented commands write everything anew with the first entry', { skip: hasJq ? false : 'jq is not installed' }, async t => {
  const ca = createAuthority()
  const upstream = await startUpstream({ tls: { key: pair.keyPem, cert: pair.chainPem, requestCert: true, ca: ca.certPem } })
  t.teardown(() => upstream.close())
  const client = ca.issue({ subject: 'gateway' })
  const folder = t.testdir()
  const before = await startWith(t, [old], folder)
  await before.logged('secrets in the store are encrypted with a published key')
  const tls = { client_cert: client.certPem, client_key: client.keyPem }
  for (const [path, body] of [
    ['ssls/1', { sni: 'test.com', cert: pair.chainPem, key: pair.keyPem }],
    ['upstreams/1', { scheme: 'https', nodes: { [upstream.node]: 1 }, tls }],
    ['routes/1', { uri: '/*', upstream_id: '1' }],
    ['consumers/jack', { username: 'jack' }],
    ['consumers/jack/credentials/one', {}],
    ['plugin_metadata/prometheus', {}]
  ] as const) {
    const put = await before.admin('PUT', path, body)
    t.equal(put.status, 201, put.text)
  }
  t.ok(await isServed(before))
  await before.stop()

  const during = await startWith(t, [next, old], folder)
  t.notMatch(during.output, 'published key')
  t.ok(await isServed(during), 'the old entry still opens')
  const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'operations', 'secrets.md'), 'utf8')
  const [commands] = readSteps(page).filter(({ heading }) => heading === 'A new key')
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', commands?.commands ?? 'exit 1'], { env: { ...process.env, ADMIN: `${during.adminUrl}/apisix/admin`, KEY: during.key } })
  const paths = stdout.trim().split('\n').map(line => line.replace(/^200 (?:PUT|PATCH) .*\/apisix\/admin\//, ''))
  t.strictSame(paths.sort(), ['consumers/jack', 'consumers/jack/credentials/one', 'plugin_metadata/prometheus', 'routes/1', 'ssls/1', 'upstreams/1'])
  await during.stop()

  t.ok(await isServed(await startWith(t, [next], folder)), 'the new entry is enough')
})

t.test('keyring: ~ stores and serves plain keys', async t => {
  const gateway = await startWith(t, null)
  t.equal((await gateway.admin('PUT', 'ssls/1', { sni: 'test.com', cert: pair.chainPem, key: pair.keyPem })).status, 201)
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ip-restriction': { whitelist: ['127.0.0.1'] } }, upstream: { nodes: { '127.0.0.1:1': 1 } } })
  const { output } = await sClient({ port: gateway.httpsPort, servername: 'test.com' })
  t.match(output, 'CN = test.com')
  t.notMatch(gateway.output, 'published key')
})
