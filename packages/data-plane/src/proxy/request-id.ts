import { randomFillSync } from 'node:crypto'

const idBytes = 16

/** Ids of requests: 32 hexadecimal digits from the system's secure generator, which is asked for many at once. */
export class RequestIds {
  static readonly #random = Buffer.alloc(256 * idBytes)
  static #at = this.#random.length

  static next (): string {
    if (RequestIds.#at === RequestIds.#random.length) {
      randomFillSync(RequestIds.#random)
      RequestIds.#at = 0
    }
    const from = RequestIds.#at
    RequestIds.#at += idBytes
    return RequestIds.#random.toString('hex', from, from + idBytes)
  }
}
