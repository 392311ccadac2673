import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildRefusal, buildResponse } from '../support/ocsp-response.ts'
import { createOcspResponder, type Lie } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'
import { type CliResult, runCli } from '../support/run-cli.ts'

async function makeWorld (t: Test, { delegated = false } = {}) {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority, delegate: delegated ? authority.issueDelegate() : undefined })
  t.teardown(() => responder.close())
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  const folder = await mkdtemp(join(tmpdir(), 'clinch-files-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const write = async (name: string, content: string | Buffer): Promise<string> => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }
  const cert = await write('leaf.pem', leaf.certPem)
  const issuer = await write('issuer.pem', authority.certPem)
  const files = ['--cert', cert, '--issuer', issuer]
  return { authority, responder, leaf, folder, write, cert, issuer, files }
}

const check = async (...args: readonly string[]): Promise<CliResult> => await runCli(['ocsp', 'check', ...args])

/** One sentence and the code, on stderr, and nothing else. */
function refused (t: Test, { code, stdout, stderr }: CliResult, sentence: RegExp): void {
  t.equal(code, 2)
  t.equal(stdout, '')
  t.match(stderr, sentence)
  t.match(stderr, /^clinch: [^\n]+ \([A-Z_]+\)\n$/)
}

t.test('a good certificate: each rule passes and names its RFC', async t => {
  const { files } = await makeWorld(t)
  const { code, stdout, stderr } = await check(...files)
  t.equal(code, 0, stderr)
  t.equal(stderr, '')
  t.match(stdout, /^Good: the responder says good\.\n/)
  t.equal(stdout.match(/^ {2}[ 1]\d {2}passed {7}.+ \(RFC [^)]+.*\)$/gm)?.length, 11)
  t.notMatch(stdout, '\x1b')
})

t.test('PEM and DER are both read, and the issuer may follow the certificate', async t => {
  const { leaf, authority, write } = await makeWorld(t)
  const [leafDer, issuerDer, both] = await Promise.all([write('leaf.der', leaf.certDer), write('issuer.der', authority.certDer), write('both.pem', `0 s:CN=test.com\n${leaf.chainPem}`)])
  t.equal((await check('--cert', leafDer, '--issuer', issuerDer)).code, 0)
  t.equal((await check('--cert', both)).code, 0)
})

t.test('a revoked certificate and an unknown one are not good', async t => {
  const { files, responder, leaf } = await makeWorld(t)
  responder.revoke(leaf, { revokedAtMs: Date.UTC(2026, 1, 3), reason: 4 })
  const revoked = await check(...files)
  t.equal(revoked.code, 1)
  t.match(revoked.stdout, /^Not good: the responder says revoked, since 2026-02-03 00:00:00 UTC \(superseded\)\.\n/)
  responder.set(leaf, 'unknown')
  const unknown = await check(...files)
  t.equal(unknown.code, 1)
  t.match(unknown.stdout, /^Not good: the responder says unknown: it cannot speak for the certificate\.\n/)
})

t.test('what is signed by a delegate says why the delegate may sign', async t => {
  const { files } = await makeWorld(t, { delegated: true })
  const { code, stdout } = await check(...files)
  t.equal(code, 0)
  t.match(stdout, / {2}signer +CN=Test OCSP delegate\n +the issuer itself issued it, for OCSP signing \(RFC 6960 4\.2\.2\.2\)\n/)
})

t.test('a responder of another CA is asked with either hash, and cannot tell', async t => {
  const { files } = await makeWorld(t)
  const { responder } = await makeWorld(t)
  const foreign = await check(...files, '--responder', responder.url)
  t.equal(foreign.code, 2)
  t.match(foreign.stdout, /^Could not tell: the responder may not or cannot answer for this certificate \(OCSP_ERR_STATUS_UNAUTHORIZED\)\.\n/)
  t.match(foreign.stdout, / {2}asked +http\S+: the responder may not.*\n +http\S+: the responder may not/)
})

t.test('a responder that lies is told nothing from: could not tell, with the code', async t => {
  const { files, responder } = await makeWorld(t)
  const lies: readonly (readonly [Lie, string])[] = [
    ['wrongSigner', 'OCSP_ERR_SIGNER_NOT_AUTHORIZED'],
    ['badSignature', 'OCSP_ERR_SIGNATURE_INVALID'],
    ['wrongSerial', 'OCSP_ERR_CERT_ID_NOT_FOUND'],
    ['expired', 'OCSP_ERR_EXPIRED'],
    ['garbage', 'OCSP_ERR_MALFORMED'],
    ['tryLater', 'OCSP_ERR_STATUS_TRY_LATER'],
    ['wrongContentType', 'OCSP_ERR_CONTENT_TYPE'],
    [{ status: 404 }, 'OCSP_ERR_HTTP_STATUS']
  ]
  for (const [lie, expected] of lies) {
    responder.lie(lie)
    const { code, stdout, stderr } = await check(...files)
    t.equal(code, 2, expected)
    t.equal(stderr, '')
    t.match(stdout.split('\n')[0], new RegExp(`^Could not tell: .*\\(${expected}\\)\\.$`))
  }
  responder.hang()
  t.match(await check(...files, '--timeout', '0.3'), { code: 2, stdout: /OCSP_ERR_RESPONDER_TIMEOUT/, stderr: '' })
  responder.release()
  await responder.stop()
  t.match(await check(...files), { code: 2, stdout: /OCSP_ERR_RESPONDER_CONNECT/, stderr: '' })
})

t.test('another responder can be asked in place of the certificate\'s', async t => {
  const { authority, write, responder } = await makeWorld(t)
  const mute = authority.issue({ sans: ['mute.test'] })
  responder.set(mute, 'good')
  const files = ['--cert', await write('mute.pem', mute.chainPem)]
  t.match(await check(...files), { code: 2, stdout: /^Could not tell: the certificate names no OCSP responder\.\n/ })
  t.equal((await check(...files, '--responder', responder.url)).code, 0)
})

t.test('files that are not what they should be', async t => {
  const { cert, issuer, folder, write } = await makeWorld(t)
  const text = await write('hello.txt', 'hello\n')
  const broken = await write('broken.pem', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n')
  const other = await write('other.pem', createAuthority().certPem)
  refused(t, await check('--cert', text, '--issuer', issuer), /hello\.txt holds no certificate \(OCSP_ERR_MALFORMED\)/)
  refused(t, await check('--cert', broken, '--issuer', issuer), /broken\.pem holds no readable certificate: .* \(OCSP_ERR_MALFORMED\)/)
  refused(t, await check('--cert', join(folder, 'nothing.pem'), '--issuer', issuer), /cannot read .*nothing\.pem: there is no such file \(ENOENT\)/)
  refused(t, await check('--cert', folder, '--issuer', issuer), /cannot read .*: it is a folder \(EISDIR\)/)
  refused(t, await check('--cert', '/dev/zero', '--issuer', issuer), /cannot read \/dev\/zero: it has more than 4 MiB \(EFBIG\)/)
  refused(t, await check('--cert', cert, '--issuer', other), /other\.pem did not issue the one in .*leaf\.pem \(OCSP_ERR_ISSUER_NOT_FOUND\)/)
  refused(t, await check('--cert', cert), /leaf\.pem does not hold the issuer of its certificate; name it with --issuer \(OCSP_ERR_ISSUER_NOT_FOUND\)/)
})

t.test('explain: every rule with its outcome', async t => {
  const { authority, leaf, files, folder, write } = await makeWorld(t)
  const nowMs = Math.floor(Date.now() / 1000) * 1000
  const entry = { certificate: leaf.certificate, issuer: authority.certificate, thisUpdate: nowMs - 60_000, nextUpdate: nowMs + 3_600_000 }
  const explain = async (response: Buffer | string, ...more: readonly string[]): Promise<CliResult> =>
    await runCli(['ocsp', 'explain', typeof response === 'string' ? response : await write('response.der', response), ...files, ...more])

  const good = await explain(buildResponse({ entries: [entry], signer: authority, producedAt: nowMs }))
  t.equal(good.code, 0)
  t.match(good.stdout, /^Good: the response passes every rule and says good\.\n/)
  t.match(good.stdout, /\n {3}5 {2}passed {7}the signature verifies over the exact octets \(RFC 6960 3\.2\(2\)\)\n/)

  const revoked = await explain(buildResponse({ entries: [{ ...entry, status: 'revoked', reason: 1 }], signer: authority, producedAt: nowMs }))
  t.equal(revoked.code, 1)
  t.match(revoked.stdout, /^Not good: the response passes every rule and says revoked\.\n/)

  const foreign = await explain(buildResponse({ entries: [entry], signer: createAuthority({ name: 'Nobody' }), producedAt: nowMs }))
  t.equal(foreign.code, 1)
  t.match(foreign.stdout, /\n {3}4 {2}failed {7}somebody known answers to the responderID \(RFC 6960 4\.2\.1, RFC 9919 3\.2\.2\)\n +nobody known .* \(OCSP_ERR_SIGNER_NOT_FOUND\)\n {3}5 {2}not reached /)

  t.match(await explain(Buffer.from('garbage')), { code: 1, stdout: /OCSP_ERR_MALFORMED/ })
  t.match(await explain(buildRefusal(6), '--json'), { code: 1, stdout: /"code": "OCSP_ERR_STATUS_UNAUTHORIZED"/ })
  refused(t, await explain(join(folder, 'nothing.der')), /nothing\.der: there is no such file \(ENOENT\)/)
})

t.test('--json is one object with stable names, for errors too', async t => {
  const { files, responder } = await makeWorld(t)
  const { stdout } = await check(...files, '--json')
  const report = JSON.parse(stdout)
  t.same(Object.keys(report), ['command', 'verdict', 'exit_status', 'because', 'remarks', 'must_staple', 'responder', 'chain'])
  t.match(report, {
    command: 'check',
    verdict: 'good',
    exit_status: 0,
    must_staple: false,
    responder: {
      kind: 'verified',
      octets: Number,
      url: responder.url,
      response: {
        status: 'good', this_update: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, next_update: String, produced_at: String, usable_end: String, seconds_left: Number, window_seconds: 3600, signer: { kind: 'issuer', subject: 'CN=Test CA' }, hash: 'sha256', warnings: []
      },
      attempts: [{ url: responder.url, status: 'good' }]
    },
    chain: [{ subject: 'CN=test.com', ocsp_urls: [responder.url], crl_urls: [] }, { subject: 'CN=Test CA' }]
  })
  t.equal(report.responder.rules.length, 11)

  const failed = await check('--cert', '/nowhere.pem', '--json')
  t.equal(failed.code, 2)
  t.equal(failed.stderr, '')
  t.same(JSON.parse(failed.stdout), { verdict: 'could_not_tell', exit_status: 2, error: { code: 'ENOENT', message: 'cannot read /nowhere.pem: there is no such file' } })
})

t.test('what names and URLs hold does not steer the terminal', async t => {
  const { authority, write } = await makeWorld(t)
  const leaf = authority.issue({ sans: ['test.com'], subject: 'red \x1b[31m\u202e', ocspUris: ['http://127.0.0.1:9/\x1b[2J'], crlUris: ['\x9b31m\x07'] })
  for (const more of [[], ['--json']]) {
    const { code, stdout, stderr } = await check('--cert', await write('odd.pem', leaf.chainPem), ...more)
    t.equal(code, 2)
    t.equal(stderr, '')
    t.notMatch(stdout, /[^\P{C}\n]/u)
    t.match(stdout, 'U+001B[2J')
  }
})
