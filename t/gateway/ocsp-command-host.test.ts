import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildRefusal, buildResponse, type EntrySpec, type ResponseSpec } from '../support/ocsp-response.ts'
import { createOcspResponder, type OcspResponder } from '../support/ocsp-responder.ts'
import { type Authority, type CertificateOptions, createAuthority, type Issued } from '../support/pki.ts'
import { TestGateway } from '../support/gateway.ts'
import { runCli } from '../support/run-cli.ts'
import { startSServer } from '../support/s-server.ts'
import { startTlsServer } from '../support/tls-server.ts'

const minuteMs = 60_000

interface World {
  readonly authority: Authority
  readonly responder: OcspResponder
  readonly leaf: Issued
}

async function makeWorld (t: Test, options: CertificateOptions = {}): Promise<World> {
  const authority = createAuthority({ parent: createAuthority({ name: 'Test Root' }) })
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url], crlUris: ['http://crl.test/ca.crl'], ...options })
  responder.set(leaf, 'good')
  return { authority, responder, leaf }
}

function stapleFor ({ authority, leaf }: World, entry: Partial<EntrySpec> = {}, spec: Partial<ResponseSpec> = {}): Buffer {
  const nowMs = Math.floor(Date.now() / 1000) * 1000
  return buildResponse({
    entries: [{ certificate: leaf.certificate, issuer: authority.certificate, thisUpdate: nowMs - minuteMs, nextUpdate: nowMs + 60 * minuteMs, ...entry }],
    signer: authority,
    producedAt: nowMs - minuteMs,
    ...spec
  })
}

async function check (t: Test, port: number, ...more: readonly string[]) {
  const { code, stdout, stderr } = await runCli(['ocsp', 'check', `127.0.0.1:${port}`, '--json', ...more])
  t.equal(stderr, '')
  const report = JSON.parse(stdout)
  t.equal(report.exit_status, code, 'the exit status stands in the report')
  return { code, report }
}

t.test('our own gateway: good with its staple, and good with a remark without it', async t => {
  const { authority, leaf } = await makeWorld(t)
  const gateway = await TestGateway.start(t)
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } })

  const folder = await mkdtemp(join(tmpdir(), 'clinch-check-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'root.pem'), authority.parent?.certPem ?? '')
  const stapled = await runCli(['ocsp', 'check', `127.0.0.1:${gateway.httpsPort}`, '--servername', 'test.com', '--ca', join(folder, 'root.pem')])
  t.equal(stapled.code, 0, stapled.stderr)
  t.match(stapled.stdout, /^Good: staple and responder say good\.\n/)
  for (const line of [
    / {2}chain +trusted \(trust anchors: those of --ca\)\n/,
    / {2}name +the certificate is for test\.com\n/,
    / {2}must-staple +no\n/,
    /\nStaple +\d+ octets, passes every rule\n {2}status +good\n {2}from +\S+ \S+ UTC \(this update\)\n {2}until +\S+ \S+ UTC \(next update\)\n {2}time left +\d+ minutes.* of 1 hour\n/,
    / {2}signer +CN=Test CA\n +it is the key that issued the certificate \(RFC 6960 4\.2\.2\.2\)\n {2}hash +SHA-256 in the CertID\n/,
    /\nResponder +http:\/\/127\.0\.0\.1:\d+, \d+ octets, passes every rule\n/,
    /\nCompared +/,
    /\n {2}0 CN=test\.com\n[^]*OCSP +http:\/\/127[^]*CRL +http:\/\/crl\.test\/ca\.crl\n {2}1 CN=Test CA\n/
  ]) t.match(stapled.stdout, line)

  await gateway.admin('PATCH', 'ssls/1', { ocsp_stapling: { enabled: false } })
  const bare = await check(t, gateway.httpsPort, '--servername', 'test.com')
  t.equal(bare.code, 0)
  t.match(bare.report, { verdict: 'good', because: 'the responder says good', staple: { kind: 'none' }, remarks: [/^the server sends no staple/] })
})

t.test('openssl s_server', async t => {
  await t.test('good, stapled, on either version of TLS', async t => {
    const world = await makeWorld(t)
    const port = await startSServer(t, world.leaf, stapleFor(world))
    const { code, report } = await check(t, port, '--servername', 'test.com')
    t.equal(code, 0)
    t.match(report, { server: { protocol: 'TLSv1.3' }, staple: { kind: 'verified', response: { status: 'good', hash: 'sha256' } }, comparison: { same_status: true, same_octets: false } })
    const older = await check(t, port, '--tls1.2')
    t.equal(older.code, 0)
    t.match(older.report, { server: { protocol: 'TLSv1.2', servername: null }, staple: { kind: 'verified' } })
  })

  await t.test('revoked, stapled', async t => {
    const world = await makeWorld(t)
    world.responder.revoke(world.leaf)
    const port = await startSServer(t, world.leaf, stapleFor(world, { status: 'revoked', revokedAtMs: Date.UTC(2026, 0, 2), reason: 1 }))
    const { code, report } = await check(t, port)
    t.equal(code, 1)
    t.match(report, { verdict: 'not_good', because: 'the staple says revoked, since 2026-01-02 00:00:00 UTC (keyCompromise)', staple: { response: { revocation_reason: 'keyCompromise' } } })
  })

  await t.test('a staple with a broken signature is not good, whatever the responder says', async t => {
    const world = await makeWorld(t)
    const port = await startSServer(t, world.leaf, stapleFor(world, {}, { signature: signature => signature.fill(7, 20, 24) }))
    const { code, report } = await check(t, port)
    t.equal(code, 1)
    t.match(report, { staple: { kind: 'refused', code: 'OCSP_ERR_SIGNATURE_INVALID' }, responder: { kind: 'verified', response: { status: 'good' } } })
    t.equal(report.comparison, undefined)
    t.match(report.staple.rules[4], { step: 5, outcome: 'failed', code: 'OCSP_ERR_SIGNATURE_INVALID', source: 'RFC 6960 3.2(2)' })
  })

  await t.test('no staple: the responder decides, and if it is not to be asked, nobody', async t => {
    const world = await makeWorld(t)
    const port = await startSServer(t, world.leaf)
    t.equal((await check(t, port)).code, 0)
    const asked = world.responder.count
    const quiet = await check(t, port, '--no-ask')
    t.equal(quiet.code, 2)
    t.match(quiet.report, { verdict: 'could_not_tell', responder: { kind: 'not_asked' } })
    t.equal(world.responder.count, asked)
    world.responder.set(world.leaf, 'unknown')
    t.match(await check(t, port), { code: 1, report: { because: /^the responder says unknown/ } })
    await world.responder.stop()
    t.match(await check(t, port), { code: 2, report: { responder: { kind: 'failed', code: 'OCSP_ERR_RESPONDER_CONNECT' } } })
  })

  await t.test('no staple although the certificate demands one', async t => {
    const world = await makeWorld(t, { mustStaple: true })
    const port = await startSServer(t, world.leaf)
    const { code, report } = await check(t, port)
    t.equal(code, 1)
    t.match(report, { must_staple: true, because: /demands a staple/, responder: { response: { status: 'good' } }, chain: [{ must_staple: true }, { must_staple: false }] })
  })
})

t.test('what a server may staple besides the right thing', async t => {
  const world = await makeWorld(t)
  const other = world.authority.issue({ sans: ['other.test'] })
  const agoMs = Date.now() - 120 * minuteMs
  const cases = [
    { name: 'garbage', staple: Buffer.from('no response at all'), code: 'OCSP_ERR_MALFORMED' },
    { name: 'nothing but tryLater', staple: buildRefusal(3), code: 'OCSP_ERR_STATUS_TRY_LATER' },
    { name: 'a response about another certificate', staple: stapleFor(world, { certificate: other.certificate }), code: 'OCSP_ERR_CERT_ID_NOT_FOUND' },
    { name: 'a response of its own making', staple: stapleFor(world, {}, { signer: world.leaf, certs: [world.leaf.certDer] }), code: 'OCSP_ERR_SIGNER_NOT_AUTHORIZED' },
    { name: 'a response that ended an hour ago', staple: stapleFor(world, { thisUpdate: agoMs, nextUpdate: agoMs + 60 * minuteMs }, { producedAt: agoMs }), code: 'OCSP_ERR_EXPIRED' },
    { name: 'a response that ended a moment ago', staple: stapleFor(world, { thisUpdate: agoMs, nextUpdate: Date.now() - 2000 }, { producedAt: agoMs }), code: 'OCSP_ERR_EXPIRED' }
  ]
  for (const { name, staple, code } of cases) {
    await t.test(name, async t => {
      const port = await startTlsServer(t, world.leaf, { staple })
      const result = await check(t, port)
      t.equal(result.code, 1)
      t.match(result.report, { verdict: 'not_good', staple: { kind: 'refused', code, octets: staple.length } })
      t.ok(result.report.because.includes(code), result.report.because)
    })
  }

  await t.test('what is only out of its time is shown, with the rule that it breaks', async t => {
    const port = await startTlsServer(t, world.leaf, { staple: cases[4]?.staple ?? Buffer.alloc(0) })
    const { stdout } = await runCli(['ocsp', 'check', `127.0.0.1:${port}`])
    t.match(stdout, /time left +none: it ended (59 minutes|1 hour)/)
    t.match(stdout, / 10 {2}failed {7}a matching entry is in time \(RFC 6960 3\.2\(5\)\(6\)/)
  })
})

t.test('a staple that says good, while the responder says revoked: not good, and the two contradict each other', async t => {
  const world = await makeWorld(t)
  world.responder.revoke(world.leaf)
  const port = await startTlsServer(t, world.leaf, { staple: stapleFor(world) })
  const { code, report } = await check(t, port)
  t.equal(code, 1)
  t.match(report, { because: /^the responder says revoked/, comparison: { same_status: false }, remarks: [/contradict/] })
})

t.test('a staple that is good stays so while the responder is down or lies', async t => {
  const world = await makeWorld(t)
  const port = await startTlsServer(t, world.leaf, { staple: stapleFor(world) })
  world.responder.lie('wrongSigner')
  t.match(await check(t, port), { code: 0, report: { responder: { kind: 'refused', code: 'OCSP_ERR_SIGNER_NOT_AUTHORIZED' }, remarks: [/could not be compared/] } })
  await world.responder.stop()
  t.match(await check(t, port), { code: 0, report: { responder: { kind: 'failed' }, remarks: [/could not be compared/] } })
})

t.test('trust is told apart from revocation', async t => {
  const world = await makeWorld(t)
  const port = await startTlsServer(t, world.leaf, { staple: stapleFor(world) })
  const { code, report } = await check(t, port, '--servername', 'elsewhere.test')
  t.equal(code, 0)
  t.match(report.trust, { trusted: false, code: /^[A-Z_]+$/, detail: String, name: 'elsewhere.test', name_matches: false })
})

t.test('the issuer of the certificate may be missing, and be named', async t => {
  const world = await makeWorld(t)
  const folder = await mkdtemp(join(tmpdir(), 'clinch-check-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'ca.der'), world.authority.certDer)
  const port = await startTlsServer(t, { ...world.leaf, chainPem: world.leaf.certPem }, { staple: stapleFor(world) })
  t.match(await check(t, port), { code: 2, report: { staple: { kind: 'unverifiable', code: 'OCSP_ERR_ISSUER_NOT_FOUND' }, responder: { kind: 'failed' } } })
  t.match(await check(t, port, '--issuer', join(folder, 'ca.der')), { code: 0, report: { trust: { trusted: false }, remarks: [/does not send the issuer/] } })
  t.match(await check(t, port, '--ca', join(folder, 'ca.der')), { code: 0, report: { trust: { trusted: true, anchors: 'file' } } })
})

t.test('a certificate that nobody speaks for: could not tell', async t => {
  const authority = createAuthority()
  const port = await startTlsServer(t, authority.issue({ sans: ['test.com'], crlUris: ['http://crl.test/x'] }))
  t.match(await check(t, port), { code: 2, report: { responder: { kind: 'nobody_to_ask', reason: 'noResponder' } } })
  const selfSigned = await startTlsServer(t, createAuthority({ name: 'test.com' }))
  t.match(await check(t, selfSigned), { code: 2, report: { responder: { kind: 'nobody_to_ask', reason: 'trustAnchor' }, trust: { trusted: false } } })
})
