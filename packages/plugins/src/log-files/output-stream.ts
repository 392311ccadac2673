import type { Writable } from 'node:stream'
import type { Logger } from 'pino'

const maxWaitingBytes = 1024 * 1024

/** Lines on standard output or standard error; those that nobody takes away in time are dropped and counted. */
export class OutputStream {
  readonly #stream: Writable
  readonly #log: Logger
  #lostLines = 0

  constructor (stream: Writable, log: Logger) {
    this.#stream = stream
    this.#log = log
  }

  write (line: string): void {
    if (this.#stream.writableLength > maxWaitingBytes) {
      this.#lostLines++
      return
    }
    this.#stream.write(line)
    if (this.#lostLines === 0) return
    this.#log.error({ lines: this.#lostLines }, 'lines of a log were lost: nobody took them away in time')
    this.#lostLines = 0
  }
}
