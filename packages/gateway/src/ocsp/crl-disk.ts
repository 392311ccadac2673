import { access, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StapleDisk, type KeptResponse } from './staple-disk.ts'

const maxFiles = 512
const extension = '.der'

/**
 * CRLs on disk, one file each, named for place and issuer. Whoever reads one verifies it again: nothing here is believed.
 * A file outlives its CRL's nextUpdate, because what it lists stays revoked; the oldest go when there are too many.
 */
export class CrlDisk {
  readonly #folder: string
  readonly #files: StapleDisk
  /** What is done to a file waits for what is being done to it. */
  #writing: Promise<unknown> = Promise.resolve()

  constructor (folder: string) {
    this.#folder = folder
    this.#files = new StapleDisk(folder)
  }

  async has (key: string): Promise<boolean> {
    return await access(join(this.#folder, `${key}${extension}`)).then(() => true, () => false)
  }

  async load (key: string): Promise<KeptResponse | undefined> {
    return await this.#files.load(key)
  }

  async save (key: string, der: Buffer): Promise<void> {
    await this.#inTurn(async () => {
      await this.#files.save(key, der)
      await this.#dropOldest()
    })
  }

  async remove (key: string): Promise<void> {
    await this.#inTurn(async () => await this.#files.remove(key))
  }

  async close (): Promise<void> {
    await this.#writing
  }

  async #inTurn (work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work)
    this.#writing = done.catch(() => {})
    await done
  }

  async #dropOldest (): Promise<void> {
    const names = (await readdir(this.#folder)).filter(name => name.endsWith(extension))
    if (names.length <= maxFiles) return
    const files = await Promise.all(names.map(async name => {
      const path = join(this.#folder, name)
      return { path, writtenMs: (await stat(path)).mtimeMs }
    }))
    const oldest = files.toSorted((a, b) => a.writtenMs - b.writtenMs).slice(0, files.length - maxFiles)
    await Promise.all(oldest.map(async ({ path }) => await rm(path, { force: true })))
  }
}
