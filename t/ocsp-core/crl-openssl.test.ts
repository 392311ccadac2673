import { execFile, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { crlDersOf, judgeByCrl, readCrl } from '@clinch/ocsp-core'
import { buildCrl, crlPem, crlPointsExtension, type CrlSpec } from '../support/crl.ts'
import { integer, nul } from '../support/der.ts'
import { type Authority, createAuthority, type Issued } from '../support/pki.ts'

const run = promisify(execFile)
const missing = spawnSync('openssl', ['version']).error === undefined ? false : 'there is no openssl on this machine'
const hourMs = 3_600_000
const url = 'http://crl.test/1'

const verdictOf = (client: Issued, issuer: Authority, octets: Buffer): string => {
  const [der = Buffer.alloc(0)] = crlDersOf(octets)
  const nowMs = Date.now()
  const reading = readCrl({ der, issuer: issuer.certificate, nowMs, policy: { skewMs: 0 } })
  if (reading.kind === 'failed') return reading.code
  const judged = judgeByCrl({ certificate: client.certificate, crl: reading.crl, points: client.certificate.crlPoints, nowMs, policy: { skewMs: 0 } })
  return judged.kind === 'failed' ? judged.code : judged.kind
}

t.test('CRLs that openssl ca makes are read, in DER and PEM, versions 1 and 2', { skip: missing }, async t => {
  const folder = t.testdir({ serial: '01\n', crlnumber: '10\n' })
  const authority = createAuthority({ name: 'OpenSSL CA', key: 'rsa' })
  const [good, revoked, onHold] = [authority.issue({ subject: 'good' }), authority.issue({ subject: 'revoked' }), authority.issue({ subject: 'hold' })]
  const line = ({ serialHex }: Issued, reason: string): string => ['R', '401231235959Z', `250101000000Z,${reason}`, serialHex.toUpperCase(), 'unknown', '/CN=x'].join('\t')
  await Promise.all([
    writeFile(join(folder, 'index.txt'), `${line(revoked, 'keyCompromise')}\n${line(onHold, 'holdInstruction,holdInstructionReject')}\n`),
    writeFile(join(folder, 'index.txt.attr'), 'unique_subject = no\n'),
    writeFile(join(folder, 'ca.pem'), authority.certPem),
    writeFile(join(folder, 'ca.key'), authority.keyPem),
    writeFile(join(folder, 'openssl.cnf'), ['[ca]', 'default_ca = own', '[own]', `database = ${folder}/index.txt`, `crlnumber = ${folder}/crlnumber`, 'default_md = sha256', 'default_crl_days = 7',
      '[extended]', 'authorityKeyIdentifier = keyid:always', 'issuingDistributionPoint = critical, @scope', '[scope]', 'onlyuser = TRUE', ''].join('\n'))
  ])
  for (const extensions of [[], ['-crlexts', 'extended']]) {
    const args = ['ca', '-gencrl', '-config', join(folder, 'openssl.cnf'), '-cert', join(folder, 'ca.pem'), '-keyfile', join(folder, 'ca.key'), ...extensions]
    const crl = join(folder, 'ca.crl')
    await run('openssl', [...args, '-out', crl])
    const { stdout: pem } = await run('openssl', ['crl', '-in', crl])
    const { stdout: der } = await run('openssl', ['crl', '-in', crl, '-outform', 'DER'], { encoding: 'buffer' })
    const { stderr } = await run('openssl', ['crl', '-in', crl, '-CAfile', join(folder, 'ca.pem'), '-noout'])
    t.match(stderr, 'verify OK')
    for (const octets of [Buffer.from(pem), der]) {
      t.same([good, revoked, onHold].map(client => verdictOf(client, authority, octets)), ['unlisted', 'revoked', 'revoked'], extensions.join(' '))
    }
  }
})

t.test('openssl verify -crl_check comes to the same, but where the difference is meant', { skip: missing }, async t => {
  const authority = createAuthority({ name: 'Differential CA', keyUsage: ['keyCertSign', 'cRLSign'] })
  const namesake = createAuthority({ name: 'Differential CA' })
  const mute = createAuthority({ name: 'Mute CA', keyUsage: ['keyCertSign'] })
  const leaf = authority.issue({ subject: 'leaf' })
  const pointed = authority.issue({ subject: 'leaf', extensions: [crlPointsExtension([{ uris: [url] }])] })
  const ofMute = mute.issue({ subject: 'leaf' })
  const listed = { entries: [{ serial: '01', reason: 4 }, { serial: leaf, reason: 1 }, { serial: pointed }] }
  const past = { thisUpdateMs: Date.now() - 3 * hourMs, nextUpdateMs: Date.now() - hourMs }
  const unknown = { oid: '1.3.6.1.4.1.99999.1', critical: true, value: nul() }
  const rows: [what: string, client: Issued, signer: Authority, spec: CrlSpec, meant?: string][] = [
    ['not listed', leaf, authority, {}],
    ['listed', leaf, authority, listed],
    ['version 1', leaf, authority, { version: 1, entries: [{ serial: leaf }] }],
    ['on hold', leaf, authority, { entries: [{ serial: leaf, reason: 6 }] }],
    ['removeFromCRL in a complete CRL', leaf, authority, { entries: [{ serial: leaf, reason: 8 }] }, 'what is not understood is never good'],
    ['over', leaf, authority, past],
    ['over, and listed', leaf, authority, { ...past, ...listed }],
    ['from the future', leaf, authority, { thisUpdateMs: Date.now() + hourMs, nextUpdateMs: Date.now() + 2 * hourMs }],
    ['without nextUpdate', leaf, authority, { nextUpdateMs: null }, 'a CRL must not live for ever'],
    ['of a namesake', leaf, namesake, {}],
    ['without cRLSign', ofMute, mute, {}],
    ['unknown critical extension', leaf, authority, { extensions: [unknown] }],
    ['unknown critical extension of an entry', leaf, authority, { entries: [{ serial: '01', extensions: [unknown] }] }],
    ['delta', leaf, authority, { extensions: [{ oid: '2.5.29.27', critical: true, value: integer(1) }] }],
    ['user certificates', leaf, authority, { scope: { only: 'user' } }],
    ['CA certificates', leaf, authority, { scope: { only: 'ca' } }],
    ['attribute certificates', leaf, authority, { scope: { only: 'attribute' } }],
    ['the point of the certificate', pointed, authority, { scope: { point: [url] } }],
    ['the point of the certificate, listed', pointed, authority, { scope: { point: [url] }, ...listed }],
    ['another point', pointed, authority, { scope: { point: ['http://crl.test/2'] } }],
    ['a point, of a certificate without', leaf, authority, { scope: { point: [url] } }],
    ['ECDSA with SHA-1', leaf, authority, { signing: { hash: 'sha1' } }, 'SHA-1 is refused']
  ]
  for (const [what, client, signer, spec, meant] of rows) {
    const issuer = signer === mute ? mute : authority
    const der = buildCrl(signer, { number: 1, ...spec, ...(spec.version === 1 ? { number: undefined } : {}) })
    const theirs = await opensslVerdict(t, client, issuer, der)
    const ours = verdictOf(client, issuer, der)
    const isSame = (ours === 'unlisted' ? 'good' : ours === 'revoked' ? 'revoked' : 'failed') === theirs
    t.equal(isSame, meant === undefined, `${what}: ${ours}, openssl: ${theirs}`)
  }
})

async function opensslVerdict (t: Test, client: Issued, issuer: Authority, der: Buffer): Promise<'good' | 'revoked' | 'failed'> {
  const folder = t.testdir({ 'ca.pem': issuer.certPem, 'leaf.pem': client.certPem, 'ca.crl': crlPem(der) })
  const args = ['verify', '-crl_check', '-extended_crl', '-CAfile', join(folder, 'ca.pem'), '-CRLfile', join(folder, 'ca.crl'), join(folder, 'leaf.pem')]
  try {
    await run('openssl', args)
    return 'good'
  } catch (error) {
    return /error 23 /.test(String((error as { stderr?: string }).stderr)) ? 'revoked' : 'failed'
  }
}
