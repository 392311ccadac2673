import t, { type Test } from 'tap'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildRequest } from '@clinch/ocsp-core'
import { type Authority, createAuthority } from '../support/pki.ts'
import { createKey } from '../support/signing.ts'
import { createWorld, hourMs, nowMs, shortly, type World } from './world.ts'

const missing = spawnSync('openssl', ['version']).error === undefined ? false : 'there is no openssl on this machine'

// What openssl says to `args`, in a folder with the certificates of a world.
function workshop (t: Test, { ca, leaf, delegate }: World): { run: (...args: string[]) => string, path: (name: string) => string } {
  const folder = t.testdir({ 'ca.pem': ca.certPem, 'ca.key': ca.keyPem, 'leaf.pem': leaf.certPem, 'delegate.pem': delegate.certPem, 'delegate.key': delegate.keyPem })
  return {
    path: name => join(folder, name),
    run: (...args) => {
      const { stdout, stderr } = spawnSync('openssl', ['ocsp', ...args], { cwd: folder, encoding: 'utf8' })
      return stdout + stderr
    }
  }
}

t.test('openssl reads the requests that are built', { skip: missing }, t => {
  const world = createWorld()
  const { run, path } = workshop(t, world)
  writeFileSync(path('request.der'), buildRequest({ certificate: world.leaf.certificate, issuer: world.ca.certificate, hash: 'sha256', nonce: Buffer.alloc(32, 7) }))
  const text = run('-reqin', 'request.der', '-req_text', '-noverify')
  t.match(text, /Hash Algorithm: sha256/)
  t.ok(text.includes(`Serial Number: ${world.leaf.serialHex.toUpperCase()}`))
  t.match(text, /OCSP Nonce:\s+0420(?:07){32}/)
  t.end()
})

t.test('responses made by openssl are accepted', { skip: missing }, t => {
  const kinds: [string, Authority][] = [['EC', createAuthority({ name: 'EC CA' })], ['RSA', createAuthority({ name: 'RSA CA', key: createKey('rsa') })]]
  for (const [kind, ca] of kinds) {
    for (const hash of ['sha1', 'sha256'] as const) {
      for (const signer of ['ca', 'delegate']) {
        const world = createWorld(ca)
        const { run, path } = workshop(t, world)
        const nonceSent = Buffer.alloc(32, 9)
        const answer = (line: string): string => {
          writeFileSync(path('index.txt'), line)
          writeFileSync(path('request.der'), buildRequest({ certificate: world.leaf.certificate, issuer: ca.certificate, hash, nonce: nonceSent }))
          run('-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', `${signer}.pem`, '-rkey', `${signer}.key`, '-reqin', 'request.der', '-respout', 'response.der', '-nmin', '60')
          return existsSync(path('response.der')) ? shortly(world.verify(readFileSync(path('response.der')), { nonceSent, policy: { nonce: 'required' } })) : 'no response'
        }
        const serial = world.leaf.serialHex.toUpperCase()
        t.equal(answer(`V\t490101000000Z\t\t${serial}\tunknown\t/CN=leaf.test\n`), 'good', `${kind} ${hash} by the ${signer}`)
        t.equal(answer(`R\t490101000000Z\t260101000000Z,keyCompromise\t${serial}\tunknown\t/CN=leaf.test\n`), 'revoked', `${kind} ${hash} by the ${signer}`)
        t.equal(answer(''), 'unknown', `${kind} ${hash} by the ${signer}`)
      }
    }
  }
  t.end()
})

t.test('openssl accepts the responses that the tests make', { skip: missing }, t => {
  const world = createWorld()
  const { run, path } = workshop(t, world)
  const verdictOf = (der: Buffer): string => {
    writeFileSync(path('response.der'), der)
    return run('-respin', 'response.der', '-issuer', 'ca.pem', '-sha256', '-cert', 'leaf.pem', '-CAfile', 'ca.pem', '-no_nonce')
  }
  t.match(verdictOf(world.response()), /Response verify OK[^]*leaf\.pem: good|leaf\.pem: good[^]*Response verify OK/)
  t.match(verdictOf(world.response({ entries: [world.entry({ status: 'revoked', reason: 1, revokedAtMs: nowMs - hourMs })] })), /leaf\.pem: revoked[^]*keyCompromise/)
  t.match(verdictOf(world.response({ signature: () => Buffer.from('no') })), /Response Verify Failure/)
  t.end()
})
