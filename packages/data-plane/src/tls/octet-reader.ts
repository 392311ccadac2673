/** More was asked of the octets than there is. */
export class OutOfBounds extends Error {}

/** A stretch of octets in network order, read from its start to its end; it copies nothing. */
export class Reader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor (bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** What is left. */
  get length (): number { return this.#end - this.#at }

  atEnd (): boolean { return this.#at === this.#end }

  uint8 (): number { return this.#octet(this.#take(1)) }

  uint16 (): number {
    const at = this.#take(2)
    return this.#octet(at) << 8 | this.#octet(at + 1)
  }

  skip (count: number): void { this.#take(count) }

  /** The rest, a character for each octet. */
  text (): string { return this.#bytes.toString('latin1', this.#take(this.length), this.#end) }

  /** A reader over a vector whose length is written in `lengthBytes` octets. */
  vector (lengthBytes: 1 | 2): Reader {
    const length = lengthBytes === 1 ? this.uint8() : this.uint16()
    const start = this.#take(length)
    return new Reader(this.#bytes, start, start + length)
  }

  uint16List (): number[] {
    if (this.length % 2 !== 0) throw new OutOfBounds()
    const list: number[] = []
    while (!this.atEnd()) list.push(this.uint16())
    return list
  }

  #octet (at: number): number { return this.#bytes[at] as number } // #take has seen to it that it is there

  #take (count: number): number {
    const start = this.#at
    if (count > this.#end - start) throw new OutOfBounds()
    this.#at = start + count
    return start
  }
}
