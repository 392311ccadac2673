import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type EphemeralKeyInfo, type TLSSocket } from 'node:tls'
import { loadConfig } from '@clinch/gateway'
import t, { type Test } from 'tap'
import { Agent, request } from 'undici'
import { stringify } from 'yaml'
import { TicketSecret } from '../../packages/gateway/src/primary/ticket-secret.ts'
import { readUntil } from '../data-plane/http-client.ts'
import { createAuthority } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'

const authority = createAuthority()
const leaves = { 'ecdsa.test': authority.issue({ sans: ['ecdsa.test', 'localhost'] }), 'rsa.test': authority.issue({ sans: ['rsa.test'], key: 'rsa' }) }

/** Every cipher, version and signature that this openssl has. */
const anything = 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'
const forwardSecret = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305']

t.test('a scanner finds nothing to complain of, on the traffic ports and on the Admin API', async t => {
  const folder = await makeFolder(t)
  await writeFile(join(folder, 'admin.crt'), leaves['ecdsa.test'].chainPem)
  await writeFile(join(folder, 'admin.key'), leaves['ecdsa.test'].keyPem)
  const gateway = await TestGateway.start(t, {
    folder, workers: 1, plugins: [], config: { deployment: { admin: { https_admin: true, admin_api_mtls: { admin_ssl_cert: 'admin.crt', admin_ssl_cert_key: 'admin.key' } } } }
  })
  const { httpsPort } = await storeNames(gateway)
  const adminPort = Number(new URL(gateway.adminUrl).port)

  for (const [port, servername, signs] of [[httpsPort, 'ecdsa.test', 'ECDSA'], [httpsPort, 'rsa.test', 'RSA'], [adminPort, 'localhost', 'ECDSA']] as const) {
    const scan = async (args: readonly string[], input?: string) => (await sClient({ port, servername, status: false, args, ...(input === undefined ? {} : { input }) })).output
    const what = `${port === adminPort ? 'Admin API' : servername}: `

    await t.test(`${what}versions are TLS 1.2 and 1.3`, async t => {
      for (const [flag, version] of [['-tls1', undefined], ['-tls1_1', undefined], ['-tls1_2', 'TLSv1.2'], ['-tls1_3', 'TLSv1.3']] as const) {
        const output = await scan([flag, '-cipher', anything])
        if (version === undefined) t.match(output, /alert protocol version|no protocols available/, flag)
        else t.match(output, `New, ${version}, Cipher is`)
      }
    })

    await t.test(`${what}ciphers of TLS 1.2 are these, in the server's order`, async t => {
      const found: string[] = []
      for (;;) {
        const cipher = /Cipher is ((?!\(NONE\))\S+)/.exec(await scan(['-tls1_2', '-cipher', ['CAMELLIA', 'ARIA', anything, ...found.map(name => `!${name}`)].join(':')]))?.[1]
        if (cipher === undefined) break
        found.push(cipher)
      }
      t.same(found, forwardSecret.map(name => `ECDHE-${signs}-${name}`))
    })

    await t.test(`${what}key exchange is post-quantum first, and never of a costly group`, async t => {
      const keyOf = async (ecdhCurve?: string) => await keyExchange(port, servername, ecdhCurve)
      t.equal(await keyOf(), 'X25519MLKEM768', 'of a client that offers what it has')
      for (const [group, name] of [['X25519MLKEM768', 'X25519MLKEM768'], ['X25519', 'X25519'], ['P-256', 'prime256v1'], ['P-384', 'secp384r1']] as const) t.equal(await keyOf(group), name)
      for (const group of ['P-521', 'X448', 'ffdhe2048', 'ffdhe3072', 'ffdhe8192']) t.match(await keyOf(group), /HANDSHAKE_FAILURE/, group)
    })

    await t.test(`${what}no second handshake, no compression, no early data, no session from before`, async t => {
      const again = await scan(['-tls1_2'], 'R\n')
      t.match(again, 'Secure Renegotiation IS supported')
      t.match(again, 'RENEGOTIATING')
      t.match(again, 'no renegotiation')
      t.match(again, 'Extended master secret: yes')
      t.match(again, 'Compression: NONE')
      t.match(await scan(['-tls1_3']), /Early data was not sent/)
      const file = join(folder, `${signs}-${port}.session`)
      t.notMatch(await scan(['-tls1_2', '-sess_out', file]), 'TLS session ticket:')
      t.match(await scan(['-tls1_2', '-sess_in', file]), /^New, /m)
      t.notOk((await resume(port, servername, await sessionOf(port, servername))).isResumed, 'TLS 1.3')
    })
  }
})

t.test('tickets resume sessions until their key has had its time', async t => {
  const gateway = await startWithTickets(t, { session_ticket_key_lifetime: '2s' })
  const { httpsPort: port, folder } = gateway
  const open = await dial(port, 'ecdsa.test')
  const file = join(folder, 'session.pem')
  const ask = async (flag: '-sess_out' | '-sess_in') => (await sClient({ port, servername: 'ecdsa.test', status: false, args: ['-tls1_2', flag, file] })).output
  await until(async () => {
    await ask('-sess_out') // its key may be at its end
    return /^Reused, /m.test(await ask('-sess_in'))
  })
  await until(async () => (await resume(port, 'ecdsa.test', await sessionOf(port, 'ecdsa.test'))).isResumed)
  t.pass('TLS 1.2 and 1.3, at either worker')
  await until(async () => /^New, /m.test(await ask('-sess_in')))
  open.write('GET /none HTTP/1.1\r\nHost: ecdsa.test\r\n\r\n')
  t.match(await readUntil(open, '}'), 'HTTP/1.1 404 ', 'a connection from before goes on')
  open.destroy()
})

t.test('keys out of the keyring are the same after a restart, and so on other nodes', async t => {
  const keyring = ['0123456789abcdef0123456789abcdef']
  const gateway = await startWithTickets(t, { session_ticket_keys: 'keyring', session_ticket_key_lifetime: '3650d' }, { data_encryption: { keyring } })
  const session = await sessionOf(gateway.httpsPort, 'ecdsa.test')
  await gateway.stop()
  await gateway.run()
  t.ok((await resume(gateway.httpsPort, 'ecdsa.test', session)).isResumed)
  t.notOk((await resume(gateway.httpsPort, 'rsa.test', session)).isResumed, 'under its own name only')
})

t.test('a secret has its time, whatever timers and clocks do', t => {
  const hour = 3_600_000
  const world = (sharedKey?: string) => {
    const clock = { ms: 1000 * hour + 60_000 }
    const timers: Array<{ readonly afterMs: number, readonly run: () => void }> = []
    const changes: Uint8Array[] = []
    const secret = new TicketSecret({ lifetimeMs: 12 * hour, sharedKey, now: () => clock.ms, onChange: one => { changes.push(one) }, later: (afterMs, run) => ({ callOff: () => {}, ...timers.push({ afterMs, run }) && {} }) })
    secret.start()
    const ring = (atMs: number) => {
      clock.ms = atMs
      timers.at(-1)?.run()
    }
    return { clock, timers, changes, secret, ring }
  }
  const own = world()
  const first = own.secret.current
  t.equal(own.timers[0]?.afterMs, 12 * hour, 'from the start on')
  own.ring(own.clock.ms + 12 * hour - 1)
  t.equal(own.secret.current, first, 'a timer that rings early')
  t.equal(own.timers.at(-1)?.afterMs, 1)
  own.ring(own.clock.ms + 1)
  t.same(own.changes, [own.secret.current])
  t.notSame(own.secret.current, first)
  t.notSame(world().secret.current, world().secret.current, 'by chance')

  const [one, other] = [world('k'.repeat(32)), world('k'.repeat(32))]
  t.same(one.secret.current, other.secret.current, 'the same on every node')
  t.notSame(one.secret.current, world('l'.repeat(32)).secret.current)
  t.equal(one.timers[0]?.afterMs, 8 * hour - 60_000, 'to the next multiple of 12 h since the epoch')
  const before = one.secret.current
  one.ring(1008 * hour)
  t.notSame(one.secret.current, before)
  t.same(one.secret.current.length, 32)
  one.ring(1000 * hour)
  t.same(one.secret.current, before, 'a clock that is set back')
  t.end()
})

t.test('what TLS cannot do stops the start with its property', async t => {
  const mistakes = [
    [{ ssl: { ssl_ciphers: 'NONSENSE' } }, {}, /apisix\.ssl\.ssl_ciphers: there is no such cipher/],
    [{ ssl: { ssl_ecdh_curve: 'X25519:NONSENSE' } }, {}, /apisix\.ssl\.ssl_ecdh_curve: there is no such group/],
    [{}, { session_ticket_keys: 'keyring' }, /clinch\.session_ticket_keys: the first entry of apisix\.data_encryption\.keyring must be a secret one/],
    [{}, { session_ticket_key_lifetime: '0s' }, /clinch\.session_ticket_key_lifetime: /]
  ] as const
  const folder = await makeFolder(t)
  const file = join(folder, 'config.yaml')
  for (const [apisix, clinch, message] of mistakes) {
    await writeFile(file, stringify({ apisix, clinch }))
    await t.rejects(loadConfig(file, {}), { message })
  }
})

async function makeFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-test-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  return folder
}

async function storeNames (gateway: TestGateway): Promise<TestGateway> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  for (const [name, { chainPem, keyPem }] of Object.entries(leaves)) {
    const answer = await request(`${gateway.adminUrl}/apisix/admin/ssls/${name}`, { method: 'PUT', dispatcher, headers: { 'x-api-key': gateway.key }, body: JSON.stringify({ cert: chainPem, key: keyPem, sni: name }) })
    if (answer.statusCode !== 201) throw new Error(await answer.body.text())
    await answer.body.dump()
  }
  await dispatcher.close()
  await until(async () => (await sClient({ port: gateway.httpsPort, servername: 'rsa.test', status: false })).output.includes('Cipher is TLS_'))
  return gateway
}

async function startWithTickets (t: Test, clinch: object, apisix: object = {}): Promise<TestGateway> {
  return await storeNames(await TestGateway.start(t, {
    workers: 2,
    plugins: [],
    config: { apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }], ssl_session_tickets: true }, control: { port: 0 }, ...apisix }, clinch: { data_dir: 'data', ...clinch } }
  }))
}

async function dial (port: number, servername: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, ...options })
  await once(socket, 'secureConnect')
  return socket
}

/** The group of a key exchange, or the code of the alert. */
async function keyExchange (port: number, servername: string, ecdhCurve = 'auto'): Promise<string> {
  try {
    const socket = await dial(port, servername, { ecdhCurve, minVersion: 'TLSv1.3' })
    const { name } = socket.getEphemeralKeyInfo() as EphemeralKeyInfo // it is a client's
    socket.destroy()
    return name ?? ''
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? ''
  }
}

/** Of a connection with TLS 1.3, whose ticket comes after the handshake. */
async function sessionOf (port: number, servername: string): Promise<Buffer> {
  const socket = await dial(port, servername)
  const [session] = await once(socket, 'session') as [Buffer]
  socket.destroy()
  return session
}

async function resume (port: number, servername: string, session: Buffer): Promise<{ readonly isResumed: boolean }> {
  const socket = await dial(port, servername, { session })
  const isResumed = socket.isSessionReused()
  socket.destroy()
  return { isResumed }
}
