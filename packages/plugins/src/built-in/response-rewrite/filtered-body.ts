import type { ContentDecoder } from '../../content-coding/content-decoder.ts'

export interface FilteredBodyOptions {
  readonly filter: (body: Buffer) => Buffer
  /** What takes the content coding off; undefined when there is none. */
  readonly decoder: ContentDecoder | undefined
  readonly maxBytes: number
  /** The body is longer, so it passes as it is. */
  readonly onTooLong: () => void
}

/** The body of one response on its way through filters that want it whole. */
export class FilteredBody {
  readonly #options: FilteredBodyOptions
  #kept: Buffer[] = []
  #bytes = 0
  #isTooLong = false

  constructor (options: FilteredBodyOptions) {
    this.#options = options
  }

  /** @returns what goes on to the client now */
  take (chunk: Buffer, isLast: boolean): Buffer {
    const { filter, decoder, maxBytes, onTooLong } = this.#options
    const part = decoder === undefined ? chunk : decoder.decode(chunk, isLast)
    if (this.#isTooLong) return part
    this.#kept.push(part)
    this.#bytes += part.length
    if (this.#bytes > maxBytes) {
      this.#isTooLong = true
      onTooLong()
      return this.#takeKept()
    }
    return isLast ? filter(this.#takeKept()) : nothing
  }

  close (): void {
    this.#options.decoder?.close()
  }

  #takeKept (): Buffer {
    const whole = Buffer.concat(this.#kept)
    this.#kept = []
    return whole
  }
}

const nothing = Buffer.alloc(0)
