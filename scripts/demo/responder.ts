import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OpensslError, openssl } from './openssl.ts'

/** One question that was answered: which serial number, in hexadecimal, and what openssl said of it. */
export interface Answer {
  readonly method: string
  readonly serial: string
  readonly status: string
}

export interface DemoResponder {
  readonly port: number
  close (): Promise<void>
}

const maxRequestBytes = 64 * 1024
// RFC 6960 4.2.1: OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED }, without a response
const malformedRequest = Buffer.from([0x30, 3, 0x0a, 1, 1])
const internalError = Buffer.from([0x30, 3, 0x0a, 1, 2])

/**
 * An OCSP responder. Each answer is made and signed by `openssl ocsp`, run once per request on the CA's
 * index.txt, so a revocation counts from the next answer on. openssl can listen by itself, but then one connection that
 * stays silent stops it for good, it reads a changed index one request late, and it listens on every address.
 *
 * @param folder - what makePki made
 * @param options - where to listen, and what to do with each answer given
 */
export async function startResponder (folder: string, { host, port, onAnswer }: { host: string, port: number, onAnswer: (answer: Answer) => void }): Promise<DemoResponder> {
  const scratch = await mkdtemp(join(tmpdir(), 'clinch-responder-'))
  let requests = 0

  const server = createServer({ requestTimeout: 5000, headersTimeout: 2000 }, (req, res) => {
    answer(req, res).catch((err: unknown) => {
      console.error(err)
      res.destroy()
    })
  })

  async function answer (req: IncomingMessage, res: ServerResponse): Promise<void> {
    const request = await readRequest(req)
    if (typeof request === 'number') {
      res.writeHead(request, { connection: 'close' }).end()
      return
    }
    const name = join(scratch, String(requests++))
    const response = await ask(request, name, ({ serial, status }) => onAnswer({ method: req.method ?? '', serial, status }))
    res.writeHead(200, { 'content-type': 'application/ocsp-response', 'content-length': response.length }).end(response)
  }

  async function ask (request: Buffer, name: string, tell: (answer: { serial: string, status: string }) => void): Promise<Buffer> {
    try {
      await writeFile(`${name}.req`, request)
      const text = await openssl(folder, ['ocsp', '-index', 'index.txt', '-CA', 'intermediate-ca.crt', '-rsigner', 'ocsp-signer.crt',
        '-rkey', 'ocsp-signer.key', '-nmin', '5', '-reqin', `${name}.req`, '-respout', `${name}.resp`, '-resp_text'])
      for (const [, serial = '', status = ''] of text.matchAll(/Serial Number: ([0-9A-F]+)\s+Cert Status: (\w+)/g)) tell({ serial, status })
      return await readFile(`${name}.resp`)
    } catch (err) {
      if (!(err instanceof OpensslError)) throw err
      if (err.stderr.includes('Error reading OCSP request')) return malformedRequest
      console.error(err.message)
      return internalError
    } finally {
      await Promise.all([rm(`${name}.req`, { force: true }), rm(`${name}.resp`, { force: true })])
    }
  }

  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (err) {
    await rm(scratch, { recursive: true })
    throw err
  }
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    async close () {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await rm(scratch, { recursive: true, force: true })
    }
  }
}

/** The DER of a request, sent as RFC 6960 A.1 says (POST its bytes, or GET its base64 as the path), or a status. */
async function readRequest (req: IncomingMessage): Promise<Buffer | number> {
  if (req.method === 'GET') {
    try {
      return Buffer.from(decodeURIComponent((req.url ?? '/').slice(1)), 'base64')
    } catch {
      return 400
    }
  }
  if (req.method !== 'POST') return 405
  if (req.headers['content-type'] !== 'application/ocsp-request') return 415
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxRequestBytes) return 413
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
