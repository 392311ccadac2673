import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loadConfig } from '@clinch/gateway'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import { readAdminTls } from '../../packages/gateway/src/primary/admin-tls.ts'
import { createAuthority } from '../support/pki.ts'
import { TestGateway } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'

const run = promisify(execFile)

const authority = createAuthority()
const server = authority.issue({ sans: ['localhost'] })
const client = authority.issue({ subject: 'operator' })
const stranger = createAuthority({ name: 'Stranger' }).issue({ subject: 'operator' })
const files = {
  'admin.crt': server.chainPem,
  'admin.key': server.keyPem,
  'ca.crt': authority.certPem,
  'client.crt': client.certPem,
  'client.key': client.keyPem,
  'stranger.crt': stranger.certPem,
  'stranger.key': stranger.keyPem,
  'other.key': client.keyPem
}

interface World {
  readonly gateway: TestGateway
  readonly folder: string
  /** What curl says: the status and, behind it, the body. */
  curl (...args: readonly string[]): Promise<string>
}

interface Options {
  readonly tls?: Readonly<Record<string, string>>
  readonly ssl?: Readonly<Record<string, unknown>>
}

const configOf = ({ tls = {}, ssl = {} }: Options) => ({
  apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }], ...ssl }, control: { port: 0 } },
  deployment: { admin: { https_admin: true, admin_api_mtls: { admin_ssl_cert: 'admin.crt', admin_ssl_cert_key: 'admin.key', ...tls } } }
})

async function makeFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

// A gateway whose Admin API speaks TLS, with the files of a PKI beside its config.yaml.
async function startWorld (t: Test, options: Options = {}): Promise<World> {
  const folder = await makeFolder(t)
  const gateway = await TestGateway.start(t, { folder, plugins: [], config: configOf(options) })
  const curl = async (...args: readonly string[]): Promise<string> => {
    const { port } = new URL(gateway.adminUrl)
    const address = ['--connect-to', `localhost:${port}:127.0.0.1:${port}`, '--cacert', 'ca.crt', `https://localhost:${port}/apisix/admin/routes`]
    const { stdout } = await run('curl', ['-s', '-w', '\n%{http_code}', '-H', `X-API-KEY: ${gateway.key}`, ...args, ...address], { cwd: folder })
    return stdout
  }
  return { gateway, folder, curl }
}

t.test('https_admin serves the Admin API over TLS', async t => {
  const { gateway, curl } = await startWorld(t)
  t.match(gateway.adminUrl, /^https:/)
  t.match(await curl(), /"total":0.*\n200$/s)
})

t.test('with a client CA only its certificates get in, and the others are told so in HTTP', async t => {
  const { curl } = await startWorld(t, { tls: { admin_ssl_ca_cert: 'ca.crt' } })
  t.match(await curl('--cert', 'client.crt', '--key', 'client.key'), /"total":0.*\n200$/s)
  t.match(await curl(), /No required SSL certificate was sent.*\n400$/s)
  t.match(await curl('--cert', 'stranger.crt', '--key', 'stranger.key'), /The SSL certificate error.*\n400$/s)
})

t.test('versions and ciphers are those of apisix.ssl', async t => {
  const { gateway, folder } = await startWorld(t, { ssl: { ssl_protocols: 'TLSv1.2', ssl_ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' } })
  const ask = (...args: string[]) => sClient({ port: Number(new URL(gateway.adminUrl).port), servername: 'localhost', status: false, args: ['-CAfile', join(folder, 'ca.crt'), ...args] })
  const { output } = await ask()
  t.match(output, /New, TLSv1\.2, Cipher is ECDHE-ECDSA-AES256-GCM-SHA384/)
  t.match(output, 'Verify return code: 0 (ok)')
  t.notMatch(output, 'TLS session ticket:')
  t.match((await ask('-tls1_3')).output, /alert|no peer certificate/i)
  t.match((await ask('-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256')).output, 'handshake failure')
})

t.test('a certificate, key or CA that cannot be used stops the start with its property', async t => {
  const mistakes = [
    [{ tls: { admin_ssl_cert: 'none.crt' } }, /admin_api_mtls\.admin_ssl_cert: none\.crt cannot be read: ENOENT/],
    [{ tls: { admin_ssl_cert_key: 'none.key' } }, /admin_api_mtls\.admin_ssl_cert_key: none\.key cannot be read: ENOENT/],
    [{ tls: { admin_ssl_ca_cert: 'none.crt' } }, /admin_api_mtls\.admin_ssl_ca_cert: none\.crt cannot be read: ENOENT/],
    [{ tls: { admin_ssl_cert: 'admin.key' } }, /admin_api_mtls\.admin_ssl_cert: admin\.key cannot be used: it has no PEM of the right kind/],
    [{ tls: { admin_ssl_cert_key: 'other.key' } }, /admin_api_mtls\.admin_ssl_cert_key: other\.key is not the key of admin_ssl_cert/],
    [{ ssl: { ssl_ciphers: 'NONSENSE' } }, /apisix\.ssl\.ssl_ciphers: there is no such cipher/]
  ] as const
  const folder = await makeFolder(t)
  const file = join(folder, 'config.yaml')
  for (const [options, message] of mistakes) {
    await writeFile(file, stringify(configOf(options)))
    await t.rejects(loadConfig(file, {}).then(readAdminTls), { message })
  }
  await t.rejects(startWorld(t, mistakes[0][0]), { message: mistakes[0][1] })
})
