import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Certificate, VerifyPolicy } from '@clinch/ocsp-core'
import type { Logger } from 'pino'
import { readRevocation, revocationName, writeRevocation, type FoundRevocation, type Revocation } from './client-revocation.ts'

export interface ClientDiskOptions {
  readonly folder: string
  readonly policy: () => VerifyPolicy
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A file did not verify again, and is gone. */
  readonly onRejected: () => void
  readonly log: Logger
}

const extension = '.pem'

/**
 * Revocations on disk, one file each, so that a revoked client stays out after a restart with the responder down. Each is
 * read once: when its certificate comes, or in the background after the start.
 */
export class ClientDisk {
  readonly #options: ClientDiskOptions
  #names: Promise<Set<string>> | undefined
  /** What is done to a file waits for what is being done to it. */
  readonly #busy = new Map<string, Promise<unknown>>()

  constructor (options: ClientDiskOptions) {
    this.#options = options
  }

  /** Undefined: there is no file for it that was not read yet, or it did not verify. */
  async take (certificate: Certificate, issuer: Certificate): Promise<FoundRevocation | undefined> {
    return await this.#take(revocationName(certificate, issuer))
  }

  /** One after the other, those that nobody asked for yet. */
  async * takeRest (): AsyncGenerator<FoundRevocation> {
    for (const name of [...await this.#unread()]) {
      const found = await this.#take(name)
      if (found !== undefined) yield found
    }
  }

  async save (revocation: Revocation): Promise<void> {
    const name = revocationName(revocation.certificate, revocation.issuer)
    const unread = await this.#unread()
    unread.delete(name)
    await this.#inTurn(name, async () => await this.#write(name, writeRevocation(revocation)))
  }

  /** @param name - its `revocationName` */
  async remove (name: string): Promise<void> {
    await this.#inTurn(name, async () => await rm(this.#pathOf(name), { force: true }))
  }

  async close (): Promise<void> {
    await Promise.allSettled(this.#busy.values())
  }

  async #take (name: string): Promise<FoundRevocation | undefined> {
    const unread = await this.#unread()
    const reading = this.#busy.get(`read ${name}`) as Promise<FoundRevocation | undefined> | undefined
    if (reading !== undefined) return await reading // whoever asks meanwhile must not be told that there is nothing
    if (!unread.delete(name)) return undefined
    return await this.#keepBusy(`read ${name}`, this.#read(name))
  }

  async #read (name: string): Promise<FoundRevocation | undefined> {
    const { policy, now, log, onRejected } = this.#options
    const text = await readFile(this.#pathOf(name), 'utf8').catch((err: unknown) => {
      log.warn({ err, file: name }, 'revocation on disk not readable')
      return undefined
    })
    if (text === undefined) return undefined
    const read = readRevocation(text, policy(), now())
    if (read.kind === 'rejected' || revocationName(read.revocation.certificate, read.revocation.issuer) !== name) {
      onRejected()
      log.warn({ file: name, reason: read.kind === 'rejected' ? read.reason : 'it is of another certificate' }, 'revocation on disk rejected')
      await rm(this.#pathOf(name), { force: true })
      return undefined
    }
    if (now() < read.revocation.certificate.notAfterMs) return read
    await rm(this.#pathOf(name), { force: true })
    return undefined
  }

  // Written aside, synced, then renamed: a reader sees the old file or the new one.
  async #write (name: string, text: string): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 })
    const aside = `${this.#pathOf(name)}.${process.pid}.new`
    const file = await open(aside, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, this.#pathOf(name))
  }

  async #unread (): Promise<Set<string>> {
    this.#names ??= readdir(this.#options.folder).then(
      files => new Set(files.filter(file => file.endsWith(extension)).map(file => file.slice(0, -extension.length))),
      (err: NodeJS.ErrnoException) => {
        if (err.code !== 'ENOENT') this.#options.log.error({ err }, 'revocations on disk not readable')
        return new Set<string>()
      })
    return await this.#names
  }

  async #inTurn (name: string, work: () => Promise<void>): Promise<void> {
    const before = this.#busy.get(name)
    await this.#keepBusy(name, before === undefined ? work() : before.catch(() => {}).then(work))
  }

  async #keepBusy<Result> (key: string, work: Promise<Result>): Promise<Result> {
    this.#busy.set(key, work)
    try {
      return await work
    } finally {
      if (this.#busy.get(key) === work) this.#busy.delete(key)
    }
  }

  #pathOf (name: string): string {
    return join(this.#options.folder, `${name}${extension}`)
  }
}
