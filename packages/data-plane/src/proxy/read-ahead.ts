import type { Readable } from 'node:stream'

/** What of a request's body was read before it goes on, because a plugin or a condition asked for it. */
export class ReadAhead {
  readonly chunks: Buffer[] = []
  bytes = 0
  /** The body is here to its end: every attempt can have it all. */
  isWhole = false
  readonly #source: Readable
  #reading: Promise<void> | undefined
  #wantedBytes = 0

  constructor (source: Readable) {
    this.#source = source
  }

  /** @returns undefined when the body is longer, or when the client left before its end */
  async read (limitBytes: number): Promise<Buffer | undefined> {
    while (!this.isWhole && this.bytes <= limitBytes && !this.#source.destroyed) {
      this.#wantedBytes = Math.max(this.#wantedBytes, limitBytes)
      this.#reading ??= this.#readOn().finally(() => { this.#reading = undefined })
      await this.#reading
    }
    return this.isWhole && this.bytes <= limitBytes ? Buffer.concat(this.chunks) : undefined
  }

  // One octet more than is wanted tells that there is more.
  async #readOn (): Promise<void> {
    const source = this.#source
    await new Promise<void>(resolve => {
      const settle = (): void => {
        source.off('data', onData).off('end', onEnd).off('close', settle)
        source.pause()
        resolve()
      }
      const onData = (chunk: Buffer): void => {
        this.chunks.push(chunk)
        this.bytes += chunk.length
        if (this.bytes > this.#wantedBytes) settle()
      }
      const onEnd = (): void => {
        this.isWhole = true
        settle()
      }
      source.on('data', onData).on('end', onEnd).on('close', settle)
      source.resume()
    })
  }
}
