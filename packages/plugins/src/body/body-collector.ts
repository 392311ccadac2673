/** The beginning of a body as it goes by. */
export class BodyCollector {
  maxBytes = 0
  #chunks: Buffer[] = []
  #bytes = 0

  take (chunk: Buffer): void {
    const left = this.maxBytes - this.#bytes
    if (left <= 0) return
    const kept = chunk.subarray(0, left)
    this.#chunks.push(kept)
    this.#bytes += kept.length
  }

  get isFull (): boolean { return this.#bytes >= this.maxBytes }

  /** Another attempt sends the body from its beginning. */
  restart (): void {
    this.#chunks = []
    this.#bytes = 0
  }

  get collected (): Buffer { return Buffer.concat(this.#chunks) }
}
