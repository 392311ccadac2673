import { createHash } from 'node:crypto'
import { createKeyring } from '@clinch/store'
import t from 'tap'
import { createAuthority } from '../support/pki.ts'
import { startAdmin } from './admin-server.ts'

const at = (path: string) => `/apisix/admin/ssls${path}`
const authority = createAuthority({ name: 'Root' })
const ec = authority.issue({ subject: 'test.com', sans: ['test.com'] })
const rsa = authority.issue({ subject: 'rsa.test', key: 'rsa' })
const ed = authority.issue({ subject: 'ed.test', key: 'ed25519' })
const ssl = { cert: ec.chainPem, key: ec.keyPem, sni: 'test.com' }
const noCert = 'failed to parse cert: PEM_read_bio_X509_AUX() failed'
const noKey = 'failed to parse key: PEM_read_bio_PrivateKey() failed'
const noPem = 'x'.repeat(200)

t.test('keys are encrypted at rest, echoed encrypted by writes, and never shown by GET', async t => {
  const { send, store, keyring, lines } = await startAdmin(t)
  const sent = { ...ssl, certs: [rsa.certPem], keys: [rsa.keyPem] }
  const written = [await send('PUT', at('/1'), sent), await send('POST', at(''), sent), await send('PATCH', at('/1'), { sni: 'b.test' })]
  for (const { body } of written) {
    t.match(body.value.key, /^[A-Za-z0-9+/]+=*$/)
    t.equal(keyring.decrypt(body.value.key), ec.keyPem)
    t.strictSame(body.value.keys, [keyring.encrypt(rsa.keyPem)])
  }
  t.equal(JSON.parse((await store.get('/apisix/ssls/1'))?.value ?? '').key, keyring.encrypt(ec.keyPem))
  for (const path of ['/1', '']) {
    const { text, body } = await send('GET', at(path))
    const [{ value }] = body.list ?? [body]
    t.match(value, { cert: ec.chainPem, certs: [rsa.certPem] })
    t.notOk('key' in value || 'keys' in value)
    t.notOk(text.includes(keyring.encrypt(ec.keyPem)))
  }
  await send('PUT', at('/2'), { ...ssl, key: rsa.keyPem })
  await send('PUT', at('/2'), JSON.stringify(ssl).slice(0, -1))
  const canaries = [ec.keyPem, rsa.keyPem].flatMap(pem => [pem.split('\n')[1] ?? '', keyring.encrypt(pem)])
  for (const canary of canaries) t.notOk(lines.some(line => line.includes(canary)), 'logs tell no key')
})

t.test('without a keyring keys are stored as they are, and still not shown', async t => {
  const { send } = await startAdmin(t, { keyring: createKeyring(null) })
  t.equal((await send('PUT', at('/1'), ssl)).body.value.key, ec.keyPem)
  t.notOk('key' in (await send('GET', at('/1'))).body.value)
  t.equal((await send('PUT', at('/1'), { ...ssl, key: noPem })).body.error_msg, noKey)
})

t.test('the encrypted text of an answer may be sent back', async t => {
  const { send } = await startAdmin(t)
  const { key } = (await send('PUT', at('/1'), ssl)).body.value
  const again = await send('PUT', at('/1'), { ...ssl, key })
  t.equal(again.status, 200)
  t.equal(again.body.value.key, key)
})

t.test('PATCH works on stored keys: alone, together with a new pair, and by sub-path', async t => {
  const { send, keyring } = await startAdmin(t)
  await send('PUT', at('/1'), ssl)
  t.equal((await send('PATCH', at('/1'), { status: 0 })).status, 200)
  t.equal((await send('PATCH', at('/1/snis'), ['a.test'])).body.error_msg, 'invalid configuration: then clause did not match')
  t.match((await send('PATCH', at('/1'), { key: rsa.keyPem })).body.error_msg, 'the key does not belong to the certificate')
  const renewed = await send('PATCH', at('/1'), { cert: rsa.certPem, key: rsa.keyPem })
  t.equal(keyring.decrypt(renewed.body.value.key), rsa.keyPem)
  const byPath = await send('PATCH', at('/1/key'), JSON.stringify(rsa.keyPem))
  t.equal(byPath.body.value.key, keyring.encrypt(rsa.keyPem))
  await send('PATCH', at('/1'), { certs: [ec.certPem], keys: [ec.keyPem] })
  t.strictSame((await send('PATCH', at('/1/keys'), [ec.keyPem])).body.value.keys, [keyring.encrypt(ec.keyPem)])
})

t.test('a key that does not belong to its certificate is refused, and both are named', async t => {
  const { send } = await startAdmin(t)
  const fingerprint = createHash('sha256').update(ec.certDer).digest('hex')
  const mismatch = (key: string) => `the key does not belong to the certificate: cert (subject CN=test.com, SHA-256 ${fingerprint}) and key (${key}) do not match`
  for (const [other, key] of [[rsa, 'RSA 2048'], [ed, 'ED25519'], [authority, 'EC prime256v1']] as const) {
    const reply = await send('PUT', at('/1'), { ...ssl, key: other.keyPem })
    t.equal(reply.status, 400)
    t.equal(reply.body.error_msg, mismatch(key))
  }
  const pairs = await send('PUT', at('/1'), { ...ssl, certs: [rsa.certPem, ec.certPem], keys: [rsa.keyPem, rsa.keyPem] })
  t.equal(pairs.body.error_msg, `failed to handle cert-key pair[2]: ${mismatch('RSA 2048')}`)
  t.equal((await send('GET', at('/1'))).status, 404)
})

t.test('certificates and keys are checked in order', async t => {
  const { send, keyring } = await startAdmin(t)
  const cases: ReadonlyArray<readonly [body: object, complaint: string]> = [
    [{ cert: noPem, key: noPem }, 'invalid configuration: then clause did not match'],
    [{ cert: 'short', key: noPem, sni: 'a' }, 'invalid configuration: property "cert" validation failed: string too short, expected at least 128, got 5'],
    [{ ...ssl, snis: ['a'] }, 'invalid configuration: then clause did not match'],
    [{ ...ssl, validity_end: 1 }, 'invalid configuration: additional properties forbidden, found validity_end'],
    [{ ...ssl, ssl_protocols: ['TLSv1'] }, 'invalid configuration: property "ssl_protocols" validation failed: failed to validate item 1: matches none of the enum values'],
    [{ ...ssl, cert: noPem, key: noPem }, noCert],
    [{ ...ssl, cert: ec.certPem.replace('END', 'DNE') }, noCert],
    [{ ...ssl, cert: `${ec.certPem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n` }, 'failed to parse cert: PEM_read_bio_X509() failed'],
    [{ ...ssl, cert: ec.certPem + ec.keyPem }, 'failed to parse cert: there is a private key in it'],
    [{ ...ssl, key: noPem }, 'failed to decrypt previous encrypted key'],
    [{ ...ssl, key: ` ${ec.keyPem}` }, 'failed to decrypt previous encrypted key'],
    [{ ...ssl, key: `---${noPem}` }, noKey],
    [{ ...ssl, key: keyring.encrypt(`---${noPem}`) }, noKey],
    [{ ...ssl, certs: [ec.certPem] }, 'mismatched number of certs and keys'],
    [{ ...ssl, keys: [ec.keyPem] }, 'mismatched number of certs and keys'],
    [{ ...ssl, certs: [ec.certPem, noPem], keys: [ec.keyPem, ec.keyPem] }, `failed to handle cert-key pair[2]: ${noCert}`],
    [{ ...ssl, certs: [ec.certPem], keys: [noPem] }, 'failed to handle cert-key pair[1]: failed to decrypt previous encrypted key'],
    [{ ...ssl, client: {} }, 'invalid configuration: property "client" validation failed: property "ca" is required'],
    [{ ...ssl, client: { ca: noPem } }, `failed to validate client_cert: ${noCert}`],
    [{ type: 'client', cert: ec.certPem }, 'invalid configuration: else clause did not match']
  ]
  for (const [body, complaint] of cases) {
    const reply = await send('PUT', at('/1'), body)
    t.equal(reply.status, 400, complaint)
    t.equal(reply.body.error_msg, complaint)
  }
})

t.test('chains, text around PEM, every type of key and client certificates are taken', async t => {
  const { send } = await startAdmin(t)
  const sec1 = ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString()
  const pkcs1 = rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
  for (const body of [
    ssl,
    { ...ssl, cert: `subject=CN = test.com\n${ec.chainPem}` },
    { ...ssl, key: sec1 },
    { ...ssl, key: parameters + sec1 },
    { ...ssl, cert: rsa.certPem, key: pkcs1 },
    { ...ssl, cert: ed.certPem, key: ed.keyPem },
    { ...ssl, client: { ca: authority.certPem, depth: 2, skip_mtls_uri_regex: ['/x'] } },
    { type: 'client', cert: ec.certPem, key: ec.keyPem, certs: [noPem] }
  ]) {
    const reply = await send('PUT', at('/1'), body)
    t.match(reply.status, /20[01]/, reply.text)
  }
})

t.test('secret references are stored as they are and checked when they are resolved', async t => {
  const { send } = await startAdmin(t)
  const reply = await send('PUT', at('/1'), {
    sni: 'test.com', cert: '$env://CERT', key: '$secret://vault/1/tls/key', certs: [noPem], keys: ['$ENV://KEY'], client: { ca: '$env://CA' }
  })
  t.equal(reply.status, 201)
  t.match(reply.body.value, { key: '$secret://vault/1/tls/key', keys: ['$ENV://KEY'] })
})

t.test('ocsp_stapling is stored and shown complete', async t => {
  const { send, store } = await startAdmin(t)
  const complete = { enabled: true, skip_verify: false, ssl_stapling_responder: '', ssl_ocsp: 'off', ssl_ocsp_responder: '', cache_ttl: 3600 }
  const reply = await send('PUT', at('/1'), { ...ssl, ocsp_stapling: { enabled: true } })
  t.match(reply.body.value.ocsp_stapling, complete)
  t.match((await send('GET', at('/1'))).body.value.ocsp_stapling, complete)
  t.match(JSON.parse((await store.get('/apisix/ssls/1'))?.value ?? '').ocsp_stapling, complete)
  t.match((await send('PATCH', at('/1'), { ocsp_stapling: { cache_ttl: 60 } })).body.value.ocsp_stapling, { ...complete, cache_ttl: 60 })
  t.notOk('status' in reply.body.value, 'other defaults are not stored')
  t.notOk('ocsp_stapling' in (await send('PUT', at('/2'), ssl)).body.value)
  t.equal((await send('PUT', at('/1'), { ...ssl, ocsp_stapling: { cache_ttl: 1 } })).body.error_msg,
    'invalid configuration: property "ocsp_stapling" validation failed: property "cache_ttl" validation failed: expected 1 to be at least 60')
})

t.test('without its plugin ocsp_stapling is an unknown member, from one reload to the next', async t => {
  const plugins: string[] = []
  const { send } = await startAdmin(t, { plugins })
  const put = () => send('PUT', at('/1'), { ...ssl, ocsp_stapling: { enabled: true } })
  t.equal((await put()).body.error_msg, 'invalid configuration: additional properties forbidden, found ocsp_stapling')
  plugins.push('ocsp-stapling')
  t.equal((await send('PUT', '/apisix/admin/plugins/reload')).text, 'done')
  t.equal((await put()).status, 201)
})

t.test('an ssl has no name and is deleted without a look at who uses it', async t => {
  const { send } = await startAdmin(t)
  t.equal((await send('PUT', at('/1'), { ...ssl, name: 'n' })).body.error_msg, 'invalid configuration: additional properties forbidden, found name')
  await send('PUT', at('/1'), ssl)
  t.equal((await send('DELETE', at('/1'))).body.deleted, '1')
})
