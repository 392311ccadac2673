import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Question } from './questions.ts'

/** Judges a response. @returns nothing; rejects or throws when it is not good */
export type Judge = () => Promise<void> | void

/** npm's other OCSP clients, where they are installed; see the README. */
export interface NpmPeer {
  readonly name: string
  readonly version: string
  /** undefined when it cannot judge such a response at all. */
  prepare (question: Question): Promise<Judge | undefined>
}

interface EasyOcsp {
  convertToPkijsCert (pem: string): unknown
  parseOCSPResponse (der: ArrayBuffer, certificate: unknown, issuer: unknown, config: object, nonce: null): Promise<{ status: string }>
}

interface Ocsp {
  readonly request: { generate (pem: string, issuerPem: string): unknown }
  verify (options: { request: unknown, response: Buffer }, done: (error?: Error | null) => void): void
}

/** @param folder - where `npm install ocsp easy-ocsp` was typed */
export function npmPeers (folder: string | undefined): NpmPeer[] {
  if (folder === undefined) return []
  const load = createRequire(join(folder, 'package.json'))
  return Object.entries({ 'easy-ocsp': easyOcsp, ocsp }).flatMap(([name, prepareWith]) => {
    if (!existsSync(join(folder, 'node_modules', name))) return []
    const { version } = load(join(folder, 'node_modules', name, 'package.json')) as { version: string }
    return [{ name, version, prepare: async (question: Question) => await workingJudge(() => prepareWith(load, question)) }]
  })
}

// A peer that refuses a good response has nothing to be measured.
async function workingJudge (prepare: () => Judge): Promise<Judge | undefined> {
  try {
    const judge = prepare()
    await judge()
    return judge
  } catch {
    return undefined
  }
}

// Knows no delegates but the one it is given, and does not ask who issued that.
function easyOcsp (load: NodeJS.Require, { der, authority, leaf, delegate }: Question): Judge {
  const peer = load('easy-ocsp') as EasyOcsp
  const certificate = peer.convertToPkijsCert(leaf.certPem)
  const issuer = peer.convertToPkijsCert(authority.certPem)
  const octets = new Uint8Array(der).buffer
  const config = { validateSignature: true, ...(delegate === undefined ? {} : { ocspCertificate: delegate.certPem }) }
  return async () => {
    const { status } = await peer.parseOCSPResponse(octets, certificate, issuer, config, null)
    if (status !== 'good') throw new Error(status)
  }
}

// Knows RSA and SHA-1 CertIDs only. It reads the issuer once, with the request.
function ocsp (load: NodeJS.Require, { der, authority, leaf }: Question): Judge {
  const peer = load('ocsp') as Ocsp
  const request = peer.request.generate(leaf.certPem, authority.certPem)
  return async () => {
    await new Promise<void>((resolve, reject) => {
      peer.verify({ request, response: der }, error => error instanceof Error ? reject(error) : resolve())
    })
  }
}
