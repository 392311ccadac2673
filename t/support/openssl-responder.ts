import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'
import { until } from './gateway.ts'
import type { Authority, Issued } from './pki.ts'

export type IndexStatus = 'good' | 'revoked' | 'unknown'

/** The responder that everybody has: `openssl ocsp` over an index file, with a delegate of the authority. */
export class OpensslResponder {
  readonly url: string
  readonly #port: number
  readonly #folder: string
  readonly #authority: Authority
  readonly #statuses = new Map<string, IndexStatus>()
  #process: ChildProcess | undefined

  private constructor (port: number, folder: string, authority: Authority) {
    this.#port = port
    this.url = `http://127.0.0.1:${port}/`
    this.#folder = folder
    this.#authority = authority
  }

  /** Not yet running: `set` the statuses of certificates that carry its `url`, then `start`. */
  static async create (t: Test, authority: Authority): Promise<OpensslResponder> {
    const folder = await mkdtemp(join(tmpdir(), 'clinch-responder-'))
    const responder = new OpensslResponder(await freePort(), folder, authority)
    t.teardown(async () => {
      await responder.stop()
      await rm(folder, { recursive: true, force: true })
    })
    const delegate = authority.issueDelegate()
    await writeFile(join(folder, 'ca.pem'), authority.certPem)
    await writeFile(join(folder, 'signer.pem'), delegate.certPem)
    await writeFile(join(folder, 'signer.key'), delegate.keyPem)
    return responder
  }

  /** Certificates that are not set are unknown. A running responder is restarted: it reads its index once. */
  async set (issued: Issued, status: IndexStatus): Promise<void> {
    this.#statuses.set(issued.serialHex.toUpperCase(), status)
    if (this.#process === undefined) return
    await this.stop()
    await this.start()
  }

  async start (): Promise<void> {
    const path = (name: string) => join(this.#folder, name)
    const lines = [...this.#statuses].filter(([, status]) => status !== 'unknown').map(([serial, status]) =>
      [status === 'revoked' ? 'R' : 'V', '401231235959Z', status === 'revoked' ? '250101000000Z' : '', serial, 'unknown', '/CN=test'].join('\t'))
    await writeFile(path('index.txt'), `${lines.join('\n')}\n`)
    const child = spawn('openssl', ['ocsp', '-index', path('index.txt'), '-port', String(this.#port), '-rsigner', path('signer.pem'), '-rkey', path('signer.key'), '-CA', path('ca.pem'), '-ndays', '1', '-ignore_err'], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    let output = ''
    const listen = (text: Buffer) => { output += text.toString() }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    // not by connecting: a connection that stays silent stops this responder for good
    await until(() => output.includes('waiting for OCSP client connections'), () => `openssl ocsp does not listen: ${output}`)
  }

  async stop (): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  get authority (): Authority { return this.#authority }
}
