import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, loadConfig } from '@clinch/gateway'
import t, { type Test } from 'tap'
import { parseDocument, stringify } from 'yaml'
import { createDnsServer } from '../support/dns-server.ts'
import { createForwardProxy } from '../support/forward-proxy.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { createOcspResponder, type OcspResponder, type OcspResponderOptions } from '../support/ocsp-responder.ts'
import { createAuthority, type Issued } from '../support/pki.ts'
import { sClient } from '../support/s-client.ts'
import { startUpstream } from '../support/upstream.ts'

type Attr = Readonly<Record<string, unknown>>

/** A gateway with these settings of the plugin, one worker. */
const startWith = async (t: Test, attr: Attr): Promise<TestGateway> => await TestGateway.start(t, { workers: 1, plugins: ['ocsp-stapling'], config: { plugin_attr: { 'ocsp-stapling': attr } } })

async function responderOf (t: Test, options: OcspResponderOptions): Promise<OcspResponder> {
  const responder = await createOcspResponder(options)
  t.teardown(() => responder.close())
  return responder
}

const put = async (gateway: TestGateway, leaf: Issued, id = '1') => await gateway.admin('PUT', `ssls/${id}`, {
  cert: leaf.chainPem, key: leaf.keyPem, sni: leaf.certificate.subject.replace(/^CN=/, ''), ocsp_stapling: { enabled: true }
})

const stapleOf = async (gateway: TestGateway, servername = 'test.com') => (await sClient({ port: gateway.httpsPort, servername })).staple

interface View {
  readonly ssl_id: string
  readonly state: string
  readonly this_update: string
  readonly usable_end: string
  readonly last_error?: { readonly code: string }
}

/** What the control API shows of an ssl's staple, once it was asked for. */
async function viewOf (gateway: TestGateway, id = '1'): Promise<View> {
  let view: View | undefined
  await until(async () => {
    const list = (await gateway.control('/v1/ocsp/staples')).body['list'] as unknown as readonly View[] // what the control API documents
    view = list.find(({ ssl_id: sslId }) => sslId === id)
    return view !== undefined && (view.state !== 'missing' || view.last_error !== undefined)
  }, () => gateway.output.slice(-2000))
  return view as unknown as View // until does not return before
}

/** One gateway for many settings, each put in force by a reload, each with a responder and a name of its own. */
class World {
  readonly gateway: TestGateway
  readonly authority = createAuthority()
  #lastId = 0

  private constructor (gateway: TestGateway) {
    this.gateway = gateway
  }

  static async create (t: Test): Promise<World> {
    return new World(await startWith(t, {}))
  }

  async staple (t: Test, attr: Attr, options: Partial<OcspResponderOptions> = {}, prepare: (responder: OcspResponder) => void = () => {}): Promise<{ view: View, responder: OcspResponder }> {
    const responder = await responderOf(t, { authority: this.authority, ...options })
    prepare(responder)
    t.equal((await reloadWith(this.gateway, attr)).text, 'done')
    const id = String(++this.#lastId)
    await put(this.gateway, this.authority.issue({ subject: `${id}.test`, ocspUris: [responder.url] }), id)
    return { view: await viewOf(this.gateway, id), responder }
  }
}

/** As an operator with an editor, and the reload after it. */
async function reloadWith (gateway: TestGateway, attr: Attr) {
  const document = parseDocument(await readFile(gateway.configFile, 'utf8'))
  document.setIn(['plugin_attr', 'ocsp-stapling'], document.createNode(attr))
  await writeFile(gateway.configFile, String(document))
  return await gateway.admin('PUT', 'plugins/reload')
}

t.test('with an egress proxy no responder is asked but through it, over http and https', async t => {
  const authority = createAuthority()
  const tlsAuthority = createAuthority({ name: 'CA of the responder' })
  const identity = tlsAuthority.issue({ sans: ['ocsp.invalid'] })
  const [plain, secure] = [await responderOf(t, { authority }), await responderOf(t, { authority, tls: { cert: identity.chainPem, key: identity.keyPem } })]
  const [proxy, tunnel] = [await createForwardProxy(t, plain.port), await createForwardProxy(t, secure.port)]
  const gateway = await startWith(t, { egress_proxy: proxy.url.replace('//', '//user:pass%20word@') })

  await t.test('http', async t => {
    await put(gateway, authority.issue({ subject: 'test.com', sans: ['test.com'], ocspUris: ['http://ocsp.invalid/status'] }))
    t.equal(await stapleOf(gateway), 'good', 'a name that only the proxy can resolve')
    t.match(proxy.asked, [{ line: /^GET http:\/\/ocsp\.invalid\/status\//, authorization: `Basic ${Buffer.from('user:pass word').toString('base64')}` }])
    t.equal(plain.requests[0]?.headers.host, 'ocsp.invalid')
    t.equal(plain.requests[0]?.headers['proxy-authorization']?.length, proxy.asked[0]?.authorization?.length, 'the test\'s proxy hides nothing')
  })

  await t.test('https, verified with responder_ca', async t => {
    await put(gateway, authority.issue({ subject: 'two.test', sans: ['two.test'], ocspUris: ['https://ocsp.invalid/'] }), '2')
    await gateway.logged(/two\.test.*OCSP_ERR_RESPONDER/) // the proxy leads to the other responder, which speaks no TLS
    await writeFile(join(gateway.folder, 'responder-ca.pem'), `# for our responder\n${tlsAuthority.certPem}`)
    t.equal((await reloadWith(gateway, { egress_proxy: tunnel.url, responder_ca: 'responder-ca.pem' })).text, 'done')
    await put(gateway, authority.issue({ subject: 'two.test', sans: ['two.test'], ocspUris: ['https://ocsp.invalid/'] }), '2')
    await until(async () => await stapleOf(gateway, 'two.test') === 'good', () => gateway.output.slice(-2000))
    t.match(tunnel.asked, [{ line: 'CONNECT ocsp.invalid:443' }])
    t.equal(await stapleOf(gateway), 'good', 'what was held before the reload is held after it')
  })
})

t.test('the DNS servers of `resolver` are asked, and their answers are remembered for resolver_valid', async t => {
  const authority = createAuthority()
  const responder = await responderOf(t, { authority })
  const dns = await createDnsServer(name => name === 'ocsp.private.test' ? { a: ['127.0.0.1'], ttl: 0 } : {})
  t.teardown(() => dns.close())
  const gateway = await startWith(t, { resolver: [dns.server], resolver_timeout: 1, resolver_valid: 60 })
  const leaf = (subject: string) => authority.issue({ subject, sans: [subject], ocspUris: [`http://ocsp.private.test:${responder.port}`] })
  await put(gateway, leaf('test.com'))
  t.equal(await stapleOf(gateway), 'good')
  const { count } = dns
  t.ok(count > 0, `${count} questions`)
  await put(gateway, leaf('two.test'), '2')
  t.equal(await stapleOf(gateway, 'two.test'), 'good')
  t.equal(dns.count, count, 'no question more, although the TTL was 0')
})

t.test('a DNS server that is silent is given up after resolver_timeout', async t => {
  const dns = await createDnsServer(() => 'silence')
  t.teardown(() => dns.close())
  const gateway = await startWith(t, { resolver: [dns.server], resolver_timeout: 0.1 })
  await put(gateway, createAuthority().issue({ subject: 'test.com', ocspUris: ['http://ocsp.private.test/'] }))
  t.equal((await viewOf(gateway)).last_error?.code, 'OCSP_ERR_RESPONDER_DNS')
})

t.test('what is asked and what is accepted follows the settings', async t => {
  const world = await World.create(t)
  const padding = Array.from({ length: 8 }, () => createAuthority({ name: 'x'.repeat(600) }).certDer)
  const long: Partial<OcspResponderOptions> = { shape: spec => ({ ...spec, certs: padding }) }
  const sha1Signature: Partial<OcspResponderOptions> = { shape: spec => ({ ...spec, signing: { hash: 'sha1' } }) }
  const unmarked: Partial<OcspResponderOptions> = { delegate: world.authority.issueDelegate({ ocspNoCheck: false }) }
  const stranger = createAuthority({ name: 'CA of the responder' }).issue()
  const cases: ReadonlyArray<readonly [string, Attr, string | undefined, Partial<OcspResponderOptions>, ((responder: OcspResponder) => void)?]> = [
    ['a response above max_response_size is broken off', { max_response_size: 4096 }, 'OCSP_ERR_TOO_LARGE', long],
    ['a response below it is taken', {}, undefined, long],
    ['nonce: required refuses a response without it', { nonce: 'required' }, 'OCSP_ERR_NONCE_MISSING', {}, responder => responder.lie('noNonce')],
    ['nonce: required takes a response with it', { nonce: 'required' }, undefined, {}],
    ['nonce: optional takes a response without it', { nonce: 'optional' }, undefined, {}, responder => responder.lie('noNonce')],
    ['nonce: optional refuses a wrong one', { nonce: 'optional' }, 'OCSP_ERR_NONCE_MISMATCH', {}, responder => responder.lie('wrongNonce')],
    ['a SHA-1 signature', {}, 'OCSP_ERR_SIGNATURE_ALGORITHM', sha1Signature],
    ['a SHA-1 signature where that is allowed', { allow_sha1_signatures: true }, undefined, sha1Signature],
    ['no nextUpdate', {}, 'OCSP_ERR_NEXT_UPDATE_MISSING', {}, responder => responder.lie('noNextUpdate')],
    ['no nextUpdate where it is given a time to live', { without_next_update_ttl: 3600 }, undefined, {}, responder => responder.lie('noNextUpdate')],
    ['a clock three minutes ahead', {}, undefined, { now: () => Date.now() + 180_000 }],
    ['a clock three minutes ahead, and less skew', { skew: 60 }, 'OCSP_ERR_NOT_YET_VALID', { now: () => Date.now() + 180_000 }],
    ['a responder that is slow', { responder_timeout: 1 }, 'OCSP_ERR_RESPONDER_TIMEOUT', {}, responder => responder.hang()],
    ['a delegate without nocheck', {}, undefined, unmarked],
    ['a delegate without nocheck, strict', { delegate_revocation: 'strict' }, 'OCSP_ERR_SIGNER_NOT_AUTHORIZED', unmarked],
    ['https without responder_ca', {}, 'OCSP_ERR_RESPONDER_TLS', { tls: { cert: stranger.chainPem, key: stranger.keyPem } }]
  ]
  for (const [name, attr, code, options, prepare] of cases) {
    await t.test(name, async t => {
      const { view } = await world.staple(t, attr, options, prepare)
      t.equal(view.last_error?.code, code)
      t.equal(view.state, code === undefined ? 'good' : 'missing')
    })
  }

  await t.test('hash: pinned, a responder is asked with that one and with no other', async t => {
    for (const [hash, onlyHash, state, asked] of [
      ['sha1', undefined, 'good', ['sha1']],
      ['sha256', 'sha1', 'missing', ['sha256']],
      ['auto', 'sha1', 'good', ['sha256', 'sha1']]
    ] as const) {
      const { view, responder } = await world.staple(t, { hash }, { onlyHash })
      t.equal(view.state, state)
      t.same(responder.requests.map(({ read }) => read?.hash), asked)
    }
  })

  await t.test('a nonce is 32 octets in a POST, and by default there is none', async t => {
    const [asked] = (await world.staple(t, { nonce: 'optional' })).responder.requests
    t.match({ method: asked?.method, octets: asked?.read?.nonce?.length }, { method: 'POST', octets: 32 })
    const [plain] = (await world.staple(t, {})).responder.requests
    t.strictSame({ method: plain?.method, nonce: plain?.read?.nonce }, { method: 'GET', nonce: undefined })
  })

  await t.test('a staple ends after max_window, however long its response is good for', async t => {
    const { view } = await world.staple(t, { max_window: 3600 }, { windowMs: 7 * 24 * 3_600_000 })
    t.equal(Date.parse(view.usable_end) - Date.parse(view.this_update), 3_600_000)
  })
})

t.test('responses are kept in cache_dir', async t => {
  const authority = createAuthority()
  const responder = await responderOf(t, { authority })
  const gateway = await startWith(t, { cache_dir: 'kept/here' })
  await put(gateway, authority.issue({ subject: 'test.com', ocspUris: [responder.url] }))
  t.equal(await stapleOf(gateway), 'good')
  t.match(await readdir(join(gateway.folder, 'kept', 'here', 'staples')), [/^[0-9a-f]{64}\.der$/])
})

t.test('client checks have settings of their own', async t => {
  const authority = createAuthority({ name: 'Client root' })
  let aheadMs = 0
  const responder = await responderOf(t, { authority, now: () => Date.now() + aheadMs })
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startWith(t, { client_nonce: 'required', client_timeout: 0.3 })
  const server = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', { cert: server.chainPem, key: server.keyPem, sni: 'test.com', client: { ca: authority.certPem }, ocsp_stapling: { ssl_ocsp: 'leaf', ssl_ocsp_responder: responder.url } })
  const routeWith = async (id: string, uri: string, conf: object) => await gateway.admin('PUT', `routes/${id}`, { uri, plugins: { 'ocsp-stapling': { unavailable_code: 503, ...conf } }, upstream: { nodes: { [upstream.node]: 1 } } })
  t.notOk((await routeWith('1', '/*', {})).text.includes('timeout'), 'the route says nothing of time')
  await routeWith('2', '/patient', { timeout: 9 })
  const statusOf = async (client: Issued, path = '/'): Promise<number> => {
    const file = join(gateway.folder, client.serialHex)
    await Promise.all([writeFile(`${file}.crt`, client.certPem), writeFile(`${file}.key`, client.keyPem)])
    const args = ['-sk', '--resolve', `test.com:${gateway.httpsPort}:127.0.0.1`, `https://test.com:${gateway.httpsPort}${path}`, '--cert', `${file}.crt`, '--key', `${file}.key`, '-o', join(gateway.folder, 'body'), '-w', '%{http_code}']
    return await new Promise(resolve => execFile('curl', args, (_error, stdout) => resolve(Number(stdout))))
  }
  await until(async () => await statusOf(authority.issue({ subject: 'first' })) === 200, () => gateway.output.slice(-2000))
  t.equal(responder.requests[0]?.read?.nonce?.length, 32)

  await t.test('client_nonce', async t => {
    responder.lieOnce('noNonce')
    t.equal(await statusOf(authority.issue({ subject: 'second' })), 503)
    await gateway.logged('OCSP_ERR_NONCE_MISSING')
  })

  await t.test('client_timeout, where the route has none', async t => {
    responder.hang()
    const startedMs = Date.now()
    t.equal(await statusOf(authority.issue({ subject: 'third' })), 503)
    t.ok(Date.now() - startedMs < 1800, 'and not the default of 2 s')
    await gateway.logged('OCSP_ERR_RESPONDER_TIMEOUT')
    responder.release()
  })

  await t.test('client_skew', async t => {
    aheadMs = 240_000
    t.equal(await statusOf(authority.issue({ subject: 'fourth' })), 503)
    await gateway.logged('OCSP_ERR_NOT_YET_VALID')
    t.equal((await reloadWith(gateway, { client_skew: 600 })).text, 'done')
    t.equal(await statusOf(authority.issue({ subject: 'fifth' })), 200)
    aheadMs = 0
  })

  await t.test('max_in_flight: who finds no room in time is told so', async t => {
    t.equal((await reloadWith(gateway, { client_timeout: 0.3, max_in_flight: 2 })).text, 'done') // one for the clients of one responder
    responder.hang()
    const before = responder.count
    const patient = statusOf(authority.issue({ subject: 'patient' }), '/patient')
    await until(() => responder.count === before + 1)
    t.equal(await statusOf(authority.issue({ subject: 'late' })), 503)
    await gateway.logged('OCSP_ERR_OVERLOADED')
    t.equal(responder.count, before + 1, 'the responder has heard nothing of it')
    responder.release()
    t.equal(await patient, 200)
    t.equal(await statusOf(authority.issue({ subject: 'later' })), 200, 'there is room again')
  })
})

t.test('a reload applies new settings, and a wrong file changes nothing', async t => {
  const authority = createAuthority()
  const responder = await responderOf(t, { authority })
  const gateway = await startWith(t, {})
  await put(gateway, authority.issue({ subject: 'test.com', ocspUris: [responder.url] }))
  t.equal(await stapleOf(gateway), 'good')

  const refused = await reloadWith(gateway, { skew: 901 })
  t.equal(refused.status, 503)
  t.match(String(refused.body['error_msg']), /config\.yaml:\d+: plugin_attr\.ocsp-stapling\.skew: .*expected 901 to be at most 900/)
  t.equal(await stapleOf(gateway), 'good')

  t.equal((await reloadWith(gateway, { hash: 'sha1', nonce: 'optional' })).text, 'done')
  t.equal(await stapleOf(gateway), 'good', 'the staple is still there')
  t.equal(responder.count, 1, 'and was not asked for again')
  await put(gateway, authority.issue({ subject: 'two.test', sans: ['two.test'], ocspUris: [responder.url] }), '2')
  t.equal(await stapleOf(gateway, 'two.test'), 'good')
  t.match(responder.requests[1]?.read, { hash: 'sha1', nonce: Buffer })
})

t.test('a wrong value stops the start, and the reason names line and property', async t => {
  const folder = t.testdir({ 'empty.pem': 'nothing\n', 'broken.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' })
  const file = join(folder, 'config.yaml')
  const cases: ReadonlyArray<readonly [Attr, string]> = [
    [{ skwe: 1 }, 'skwe: failed to validate config: additional properties forbidden, found skwe'],
    [{ first_staple_wait: 11 }, 'first_staple_wait: failed to validate config: property "first_staple_wait" validation failed: expected 11 to be at most 10'],
    [{ responder_timeout: '10s' }, 'responder_timeout: failed to validate config: property "responder_timeout" validation failed: wrong type: expected number, got string'],
    [{ responder_timeout: 0.5 }, 'responder_timeout: failed to validate config: property "responder_timeout" validation failed: expected 0.5 to be at least 1'],
    [{ client_timeout: 31 }, 'client_timeout: failed to validate config: property "client_timeout" validation failed: expected 31 to be at most 30'],
    [{ client_skew: 901 }, 'client_skew: failed to validate config: property "client_skew" validation failed: expected 901 to be at most 900'],
    [{ max_window: 60 }, 'max_window: failed to validate config: property "max_window" validation failed: expected 60 to be at least 3600'],
    [{ max_response_size: 4095 }, 'max_response_size: failed to validate config: property "max_response_size" validation failed: expected 4095 to be at least 4096'],
    [{ max_response_size: 1_048_577 }, 'max_response_size: failed to validate config: property "max_response_size" validation failed: expected 1048577 to be at most 1048576'],
    [{ nonce: 'always' }, 'nonce: failed to validate config: property "nonce" validation failed: matches none of the enum values'],
    [{ hash: 'md5' }, 'hash: failed to validate config: property "hash" validation failed: matches none of the enum values'],
    [{ resolver: ['10.0.0.53', 'dns.example.org'] }, 'resolver[1]: dns.example.org is no address of a DNS server, such as 10.0.0.53, 10.0.0.53:5353 or [fd00::53]:53'],
    [{ resolver: ['10.0.0.53:70000'] }, 'resolver[0]: 10.0.0.53:70000 is no address of a DNS server, such as 10.0.0.53, 10.0.0.53:5353 or [fd00::53]:53'],
    [{ egress_proxy: 'socks5://proxy' }, 'egress_proxy: failed to validate config: property "egress_proxy" validation failed: failed to match pattern'],
    [{ egress_proxy: 'http://proxy:99999' }, 'egress_proxy: the URL of the proxy cannot be read'],
    [{ responder_ca: 'nowhere.pem' }, `responder_ca: there is no file ${join(folder, 'nowhere.pem')}`],
    [{ responder_ca: 'empty.pem' }, `responder_ca: ${join(folder, 'empty.pem')} holds no certificate`],
    [{ responder_ca: 'broken.pem' }, `responder_ca: ${join(folder, 'broken.pem')} cannot be read as PEM certificates`]
  ]
  for (const [attr, reason] of cases) {
    await t.test(JSON.stringify(attr), async t => {
      await writeFile(file, stringify({ plugin_attr: { 'ocsp-stapling': attr } }))
      const error = await loadConfig(file, {}).then(() => undefined, (error: unknown) => error)
      t.ok(error instanceof ConfigError)
      const { message } = error as ConfigError
      const line = 3 + (reason.startsWith('resolver') ? 1 + Number(reason.charAt('resolver['.length)) : 0)
      t.equal(message.slice(0, `${file}:${line}: plugin_attr.ocsp-stapling.${reason}`.length), `${file}:${line}: plugin_attr.ocsp-stapling.${reason}`)
    })
  }

  await t.test('also when the plugin is not in the list', async t => {
    await t.rejects(TestGateway.start(t, { plugins: [], config: { plugin_attr: { 'ocsp-stapling': { skew: -1 } } } }), /config\.yaml:\d+: plugin_attr\.ocsp-stapling\.skew: .*expected -1 to be at least 0/)
  })
})
