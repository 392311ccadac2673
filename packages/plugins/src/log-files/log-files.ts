import { resolve } from 'node:path'
import type { Logger } from 'pino'
import type { LogFile } from '../contract/log-file.ts'
import { AppendFile } from './append-file.ts'
import { OutputStream } from './output-stream.ts'

export interface LogFilesOptions {
  /** Where relative paths begin. */
  readonly baseDir: string
  readonly log: Logger
}

export interface OpenOptions {
  /** Characters that are waited for before something is written, and for how long; by default nothing is waited for. */
  readonly bufferChars?: number
  readonly flushMs?: number
}

interface Entry {
  readonly file: AppendFile
  holds: number
}

/** The log files that a process has open: one a path, whoever writes to it. */
export class LogFiles implements AsyncDisposable {
  readonly #options: LogFilesOptions
  readonly #entries = new Map<string, Entry>()
  readonly #closing = new Set<Promise<void>>()

  constructor (options: LogFilesOptions) {
    this.#options = options
  }

  /** @param path - `/dev/stdout` and `/dev/stderr` are this process's own, which the kernel would not let it open again */
  open (path: string, { bufferChars = 0, flushMs = 0 }: OpenOptions = {}): LogFile {
    const { baseDir, log } = this.#options
    const place = resolve(baseDir, path)
    const output = outputs[place]
    if (output !== undefined) {
      const stream = new OutputStream(output(), log)
      return { write: line => stream.write(line), release () {} }
    }
    const key = `${bufferChars} ${flushMs} ${place}`
    const entry = this.#entries.get(key) ?? this.#make(key, new AppendFile(place, { bufferChars, flushMs, log }))
    entry.holds++
    return {
      write: line => entry.file.write(line),
      release: () => {
        if (--entry.holds > 0) return
        this.#entries.delete(key)
        const closed = entry.file.close().finally(() => this.#closing.delete(closed))
        this.#closing.add(closed)
      }
    }
  }

  /** The files may have been moved away: from here on lines go to those that have their names. */
  reopen (): void {
    for (const { file } of this.#entries.values()) file.reopen()
  }

  /** Resolves when everything that was written is in the files. */
  async close (): Promise<void> {
    await Promise.all([...this.#closing, ...Array.from(this.#entries.values(), async ({ file }) => await file.close())])
  }

  async [Symbol.asyncDispose] (): Promise<void> { await this.close() }

  #make (key: string, file: AppendFile): Entry {
    const entry = { file, holds: 0 }
    this.#entries.set(key, entry)
    file.start()
    return entry
  }
}

const outputs: Readonly<Record<string, () => NodeJS.WriteStream>> = {
  '/dev/stdout': () => process.stdout,
  '/dev/stderr': () => process.stderr
}
