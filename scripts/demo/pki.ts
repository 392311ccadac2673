import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { opensslConf } from './openssl-conf.ts'
import { openssl } from './openssl.ts'

interface Leaf {
  readonly name: string
  readonly commonName: string
  readonly extensions: 'server_rsa' | 'server_ecdsa' | 'client' | 'ocsp_signer'
  readonly what: string
}

/** The certificates that the intermediate CA issues. NAME.crt and NAME.key are their files. */
export const leaves: readonly Leaf[] = [
  { name: 'test.com.rsa', commonName: 'test.com', extensions: 'server_rsa', what: 'server certificate for test.com and *.test.com, RSA' },
  { name: 'test.com.ecdsa', commonName: 'test.com', extensions: 'server_ecdsa', what: 'the same names, ECDSA' },
  { name: 'client', commonName: 'client', extensions: 'client', what: 'client certificate, good' },
  { name: 'client-revoked', commonName: 'client-revoked', extensions: 'client', what: 'client certificate, revoked' },
  { name: 'ocsp-signer', commonName: 'Clinch demo OCSP signer', extensions: 'ocsp_signer', what: 'signs the OCSP responses, delegated by the intermediate CA' }
]

const organization = '/O=Clinch demo'
const caDays = '91' // a day more than what they issue

/**
 * Makes the demo's CA with all its certificates, or replaces it. It is made in a folder of its own that takes the
 * place of the old one at the end, so an interrupted run leaves nothing half made.
 *
 * @param folder - where the files go
 * @param options - ocspUrl: the responder that certificates name
 */
export async function makePki (folder: string, { ocspUrl }: { ocspUrl: string }): Promise<void> {
  const aside = `${folder}.${process.pid}`
  await mkdir(dirname(folder), { recursive: true })
  await mkdir(aside, { mode: 0o700 })
  try {
    await mkdir(join(aside, 'issued'))
    await writeFile(join(aside, 'openssl.cnf'), opensslConf(ocspUrl))
    await writeFile(join(aside, 'index.txt'), '')
    await makeAuthorities(aside)
    await Promise.all(leaves.map(leaf => makeRequest(aside, leaf.name, leaf.commonName, leaf.extensions === 'server_rsa' ? rsaKey : ecdsaKey)))
    for (const leaf of leaves) await issue(aside, leaf) // one at a time: each writes index.txt
    await revoke(aside, 'client-revoked')
    await bundle(aside, 'client-ca.pem', ['intermediate-ca.crt', 'root-ca.crt'])
    await rm(folder, { recursive: true, force: true })
    await rename(aside, folder)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** Marks a certificate as revoked in index.txt, which is what the responder answers from. */
export async function revoke (folder: string, name: string): Promise<void> {
  await openssl(folder, ['ca', '-config', 'openssl.cnf', '-revoke', `${name}.crt`, '-crl_reason', 'keyCompromise'])
}

const rsaKey = ['-newkey', 'rsa:2048']
const ecdsaKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

async function makeAuthorities (folder: string): Promise<void> {
  await openssl(folder, ['req', '-config', 'openssl.cnf', '-x509', ...ecdsaKey, '-nodes', '-sha256', '-days', caDays,
    '-subj', `${organization}/CN=Clinch demo root CA`, '-extensions', 'root_ca', '-set_serial', serial(),
    '-keyout', 'root-ca.key', '-out', 'root-ca.crt'])
  await makeRequest(folder, 'intermediate-ca', 'Clinch demo intermediate CA', ecdsaKey)
  await openssl(folder, ['x509', '-req', '-in', 'intermediate-ca.csr', '-CA', 'root-ca.crt', '-CAkey', 'root-ca.key', '-sha256',
    '-days', caDays, '-set_serial', serial(), '-extfile', 'openssl.cnf', '-extensions', 'intermediate_ca', '-out', 'intermediate-ca.crt'])
  await rm(join(folder, 'intermediate-ca.csr'))
}

async function makeRequest (folder: string, name: string, commonName: string, key: readonly string[]): Promise<void> {
  await openssl(folder, ['req', '-config', 'openssl.cnf', '-new', ...key, '-nodes', '-sha256', '-subj', `${organization}/CN=${commonName}`,
    '-keyout', `${name}.key`, '-out', `${name}.csr`])
}

async function issue (folder: string, { name, extensions }: Leaf): Promise<void> {
  await openssl(folder, ['ca', '-config', 'openssl.cnf', '-batch', '-notext', '-extensions', extensions, '-in', `${name}.csr`, '-out', `${name}.crt`])
  await rm(join(folder, `${name}.csr`))
  if (extensions !== 'ocsp_signer') await bundle(folder, `${name}.chain.pem`, [`${name}.crt`, 'intermediate-ca.crt'])
}

async function bundle (folder: string, name: string, parts: readonly string[]): Promise<void> {
  const texts = await Promise.all(parts.map(part => readFile(join(folder, part), 'utf8')))
  await writeFile(join(folder, name), texts.join(''))
}

// positive, and long enough never to come twice
function serial (): string {
  return `0x40${randomBytes(15).toString('hex')}`
}
