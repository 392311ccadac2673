import type { Socket } from 'node:net'
import { CommandError } from '../command-error.ts'

const maxBytes = 16 * 1024

/** Lines to and from a server before TLS begins. What breaks the socket breaks the reading. */
export class Conversation {
  readonly #socket: Socket
  readonly #onData = (chunk: Buffer): void => this.#take(chunk)
  readonly #onClose = (): void => this.#fail(new CommandError('ECONNRESET', 'the server closed the connection before TLS began'))
  readonly #onError = (error: Error): void => this.#fail(error)
  #unread = ''
  #total = 0
  #failure: Error | undefined
  #wake = (): void => {}

  constructor (socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#onData).on('close', this.#onClose).on('error', this.#onError)
  }

  send (line: string): void {
    this.#socket.write(`${line}\r\n`)
  }

  async readLine (): Promise<string> {
    for (;;) {
      const end = this.#unread.indexOf('\n')
      if (end >= 0) {
        const line = this.#unread.slice(0, end)
        this.#unread = this.#unread.slice(end + 1)
        return line.replace(/\r$/, '')
      }
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>(resolve => { this.#wake = resolve })
    }
  }

  refuse (line: string): never {
    throw new CommandError('ENOTSUP', `the server does not start TLS: ${line.slice(0, 200)}`)
  }

  /** Hands the socket over. Words that are already here would be read as if they had come over TLS: refused. */
  end (): Socket {
    this.#socket.pause()
    this.#socket.off('data', this.#onData).off('close', this.#onClose).off('error', this.#onError)
    if (this.#unread !== '') throw new CommandError('EPROTO', 'the server went on talking after it had agreed to start TLS')
    return this.#socket
  }

  #take (chunk: Buffer): void {
    this.#total += chunk.length
    if (this.#total > maxBytes) this.#fail(new CommandError('EPROTO', 'the server talks without end instead of starting TLS'))
    else this.#unread += chunk.toString('latin1')
    this.#wake()
  }

  #fail (error: Error): void {
    this.#failure ??= error
    this.#wake()
  }
}
