import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOcspResponder } from '../../t/support/ocsp-responder.ts'
import { createAuthority, type Issued } from '../../t/support/pki.ts'
import { runProgram } from '../peers/run-program.ts'
import type { Scope } from '../scope.ts'

export interface StapledCertificate {
  readonly serverName: string
  /** With the intermediate, as servers are given it. */
  readonly chainPem: string
  readonly keyPem: string
  /** What the responder says of it, for a server that reads its staple from a file. */
  readonly stapleDer: Buffer
}

export interface World {
  readonly ecdsa: StapledCertificate
  readonly rsa: StapledCertificate
}

/** A root, an intermediate, a P-256 and an RSA-2048 certificate, and the responder that speaks for them. */
export async function makeWorld (scope: Scope): Promise<World> {
  const root = createAuthority({ name: 'Bench root' })
  const authority = createAuthority({ name: 'Bench intermediate', parent: root })
  const responder = await createOcspResponder({ authority, delegate: authority.issueDelegate(), defaultStatus: 'good', windowMs: 24 * 3_600_000 })
  scope.teardown(async () => await responder.close())
  const make = async (key: 'ec' | 'rsa', serverName: string): Promise<StapledCertificate> => {
    const leaf = authority.issue({ sans: [serverName], key, ocspUris: [`${responder.url}/`] })
    return { serverName, chainPem: leaf.certPem + authority.certPem, keyPem: leaf.keyPem, stapleDer: await askForStaple(leaf, authority.certPem, responder.url) }
  }
  return { ecdsa: await make('ec', 'ecdsa.bench.test'), rsa: await make('rsa', 'rsa.bench.test') }
}

async function askForStaple (leaf: Issued, issuerPem: string, url: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-bench-staple-'))
  try {
    const [certFile, issuerFile, stapleFile] = ['leaf.pem', 'issuer.pem', 'staple.der'].map(name => join(folder, name)) as [string, string, string]
    await writeFile(certFile, leaf.certPem)
    await writeFile(issuerFile, issuerPem)
    await runProgram('openssl', ['ocsp', '-no_nonce', '-noverify', '-issuer', issuerFile, '-cert', certFile, '-url', url, '-respout', stapleFile])
    return await readFile(stapleFile)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
