import { unwatchFile, watchFile } from 'node:fs'

const lookEveryMs = 1000

/** Responses that an operator puts on disk (`ssl_stapling_file`): read when they are named, and again when they change. */
export class StapleFiles {
  readonly #onChange: (path: string) => void
  readonly #watched = new Map<string, () => void>()

  constructor (onChange: (path: string) => void) {
    this.#onChange = onChange
  }

  /** Watches these files and no others. A file may be replaced, and need not be there yet. */
  watch (paths: ReadonlySet<string>): void {
    for (const [path, listener] of this.#watched) {
      if (paths.has(path)) continue
      unwatchFile(path, listener)
      this.#watched.delete(path)
    }
    for (const path of paths) {
      if (this.#watched.has(path)) continue
      const listener = () => this.#onChange(path)
      this.#watched.set(path, listener)
      // polled, because files are replaced by renaming and may live on file systems that tell nobody
      watchFile(path, { interval: lookEveryMs, persistent: false }, listener)
    }
  }

  close (): void {
    this.watch(new Set())
  }
}
