import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Certificate } from '@clinch/ocsp-core'

export interface KeptResponse {
  readonly der: Buffer
  readonly fetchedAtMs: number
}

/**
 * Verified responses on disk, one file each, so that a restart with the responder down staples its first handshake.
 * Whoever reads one verifies it again from scratch: nothing here is believed.
 */
export class StapleDisk {
  readonly #folder: string

  constructor (folder: string) {
    this.#folder = folder
  }

  async load (certificate: Certificate, issuer: Certificate): Promise<KeptResponse | undefined> {
    const path = this.#pathOf(certificate, issuer)
    try {
      const [der, { mtimeMs }] = await Promise.all([readFile(path), stat(path)])
      return { der, fetchedAtMs: mtimeMs }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Written aside, synced, then renamed: a reader sees the old file or the new one. */
  async save (certificate: Certificate, issuer: Certificate, der: Buffer): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = this.#pathOf(certificate, issuer)
    const aside = `${path}.${process.pid}.new`
    const file = await open(aside, 'w', 0o600)
    try {
      await file.writeFile(der)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, path)
  }

  async remove (certificate: Certificate, issuer: Certificate): Promise<void> {
    await rm(this.#pathOf(certificate, issuer), { force: true })
  }

  // ocsp.md 8.1: issuer name, issuer key and serial name the certificate, whatever resource it stands in
  #pathOf (certificate: Certificate, issuer: Certificate): string {
    const key = createHash('sha256')
    for (const part of [issuer.subjectDer, issuer.publicKeyBits, certificate.serialNumber]) key.update(createHash('sha256').update(part).digest())
    return join(this.#folder, `${key.digest('hex')}.der`)
  }
}
