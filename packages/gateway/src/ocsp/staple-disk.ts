import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

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

  /** @param key - a `statusKey` of ocsp-core */
  async load (key: string): Promise<KeptResponse | undefined> {
    const path = this.#pathOf(key)
    try {
      const [der, { mtimeMs }] = await Promise.all([readFile(path), stat(path)])
      return { der, fetchedAtMs: mtimeMs }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Written aside, synced, then renamed: a reader sees the old file or the new one. */
  async save (key: string, der: Buffer): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = this.#pathOf(key)
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

  async remove (key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true })
  }

  #pathOf (key: string): string {
    return join(this.#folder, `${key}.der`)
  }
}
