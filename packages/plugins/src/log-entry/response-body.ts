import { BodyCollector } from '../body/body-collector.ts'
import { ContentDecoder } from '../content-coding/content-decoder.ts'
import type { RequestContext } from '../contract/request-context.ts'

// What decodes to more than is wanted is left off soon after.
const decodedAtOnceBytes = 4096

/** The beginning of a response's body as it goes to the client, decoded where it is compressed. */
export class ResponseBody {
  readonly #collector = new BodyCollector()
  #decoder: ContentDecoder | undefined

  constructor ({ sentHead }: RequestContext, maxBytes: number) {
    this.#collector.maxBytes = maxBytes
    this.#decoder = ContentDecoder.for(sentHead?.headers.get('content-encoding') ?? '')
  }

  take (chunk: Buffer, isLast: boolean): void {
    if (this.#decoder === undefined) this.#collector.take(chunk)
    else this.#takeCoded(this.#decoder, chunk)
    if (isLast || this.#collector.isFull) this.#stop()
  }

  /** It is over, however it ended. */
  finish (): Buffer {
    this.#stop()
    return this.#collector.collected
  }

  #takeCoded (decoder: ContentDecoder, chunk: Buffer): void {
    try {
      for (let at = 0; at < chunk.length && !this.#collector.isFull; at += decodedAtOnceBytes) {
        this.#collector.take(decoder.decode(chunk.subarray(at, at + decodedAtOnceBytes), false))
      }
    } catch {
      this.#stop() // what could be read until here is what there is
    }
  }

  #stop (): void {
    this.#collector.maxBytes = 0
    this.#decoder?.close()
    this.#decoder = undefined
  }
}
