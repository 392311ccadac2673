import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from 'pino'

export interface AppendFileOptions {
  /** Characters that are waited for before something is written; 0 writes as soon as the file is free. */
  readonly bufferChars: number
  /** How long it is waited for them. */
  readonly flushMs: number
  /** Told when lines are lost, and when they can be written again. */
  readonly log: Logger
}

const maxWaitingChars = 4 * 1024 * 1024
const retryMs = 1000

/**
 * Appends lines to a file, which is made if it is missing, with its folder. Each write is one of whole lines to a file that
 * is open for appending, so those of several processes never mix. While a file cannot be written its lines wait for it, as
 * many as there is room for, and it is opened anew every second; those that were lost are counted.
 */
export class AppendFile {
  readonly path: string
  readonly #options: AppendFileOptions
  #waiting = ''
  #handle: FileHandle | undefined
  #work: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #wantsReopening = false
  #isFailing = false
  #lostLines = 0

  constructor (path: string, options: AppendFileOptions) {
    this.path = path
    this.#options = options
  }

  /** Opens the file, so that one that cannot be is told of before the first line. */
  start (): void {
    this.#run()
  }

  write (line: string): void {
    if (this.#waiting.length + line.length > maxWaitingChars) {
      this.#lostLines++
      return
    }
    this.#waiting += line
    this.#look()
  }

  /** What was written goes to the file as it is open now; what comes goes to the one that has the name then. */
  reopen (): void {
    this.#wantsReopening = true
    this.#run()
  }

  /** Resolves when everything that was written is in the file, or cannot be. */
  async close (): Promise<void> {
    do {
      this.#run()
      await this.#work
    } while (this.#waiting !== '' && !this.#isFailing)
    clearTimeout(this.#timer)
    await this.#closeHandle()
  }

  #look (): void {
    if (this.#work !== undefined) return
    const { bufferChars, flushMs } = this.#options
    if (this.#wantsReopening || (!this.#isFailing && this.#waiting.length >= Math.max(1, bufferChars))) this.#run()
    else if (this.#waiting !== '') this.#timer ??= setTimeout(() => this.#run(), this.#isFailing ? retryMs : flushMs).unref()
  }

  #run (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#work ??= this.#writeOut().finally(() => {
      this.#work = undefined
      this.#look()
    })
  }

  // Logs, never rejects.
  async #writeOut (): Promise<void> {
    let lines = this.#waiting
    const reopens = this.#wantsReopening
    this.#waiting = ''
    this.#wantsReopening = false
    try {
      this.#handle ??= await this.#open()
      await writeWhole(this.#handle, Buffer.from(lines))
      lines = ''
      if (reopens) {
        const next = await this.#open()
        await this.#closeHandle()
        this.#handle = next
      }
      this.#succeeded()
    } catch (err) {
      await this.#failed(err, lines)
    }
  }

  async #open (): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true })
    return await open(this.path, 'a')
  }

  async #closeHandle (): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch((err: unknown) => this.#options.log.warn({ err, path: this.path }, 'log file did not close'))
  }

  #succeeded (): void {
    if (this.#lostLines > 0) this.#options.log.error({ path: this.path, lines: this.#lostLines }, 'lines of a log file were lost')
    if (this.#isFailing) this.#options.log.info({ path: this.path }, 'log file can be written again')
    this.#lostLines = 0
    this.#isFailing = false
  }

  // Of lines that went to an open file nobody knows how many got there.
  async #failed (err: unknown, lines: string): Promise<void> {
    if (this.#handle === undefined) this.#waiting = lines + this.#waiting
    else this.#lostLines += lines.split('\n').length - 1
    if (!this.#isFailing) this.#options.log.error({ err, path: this.path }, 'log file cannot be written')
    this.#isFailing = true
    await this.#closeHandle()
  }
}

async function writeWhole (handle: FileHandle, octets: Buffer): Promise<void> {
  for (let sent = 0; sent < octets.length;) sent += (await handle.write(octets, sent)).bytesWritten
}
