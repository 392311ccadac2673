import { BrotliDecompress, Gunzip } from 'minizlib'

type Stream = InstanceType<typeof Gunzip> | InstanceType<typeof BrotliDecompress>

/**
 * Decodes a body part by part as it comes. What it gives is there at once, so that a body filter need not wait; no more
 * than one part is held.
 */
export class ContentDecoder {
  readonly #stream: Stream
  #decoded: Buffer[] = []
  #failure: unknown
  #isEmpty = true

  private constructor (stream: Stream) {
    this.#stream = stream
    stream.on('data', (part: Buffer) => this.#decoded.push(part))
    stream.on('error', err => { this.#failure = err })
  }

  /** @returns undefined for another coding than gzip and br */
  static for (coding: string): ContentDecoder | undefined {
    switch (coding.trim().toLowerCase()) {
      case 'gzip': case 'x-gzip': return new ContentDecoder(new Gunzip({}))
      case 'br': return new ContentDecoder(new BrotliDecompress({}))
      default: return undefined
    }
  }

  /** @throws when the octets are not what the coding says, or end too early */
  decode (part: Buffer, isLast: boolean): Buffer {
    if (part.length > 0) {
      this.#isEmpty = false
      this.#stream.write(part)
    }
    if (isLast && !this.#isEmpty && this.#failure === undefined) this.#stream.end()
    if (this.#failure !== undefined) throw this.#failure
    const decoded = this.#decoded.length === 1 ? this.#decoded[0] as Buffer : Buffer.concat(this.#decoded) // it has one
    this.#decoded = []
    return decoded
  }

  close (): void {
    this.#stream.close()
  }
}
