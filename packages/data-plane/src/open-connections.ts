import type { Socket } from 'node:net'

/**
 * The connections of a worker, of which there are so many and no more. Where one more would be too many, the one that has
 * waited longest without a request makes room: of a flood that asks for nothing that is one of the flood. Where each has had a request
 * the new one is refused.
 */
export class OpenConnections {
  readonly #max: number
  readonly #onCut: (socket: Socket) => void
  readonly #all = new Set<Socket>()
  /** Those over which no request has come yet, the oldest first. */
  readonly #unused = new Set<Socket>()

  /** @param onCut - told of those that are about to be ended */
  constructor (max: number, onCut: (socket: Socket) => void) {
    this.#max = max
    this.#onCut = onCut
  }

  /** Takes a fresh connection; false: it was ended. */
  admit (socket: Socket): boolean {
    if (this.#all.size >= this.#max) {
      const [oldest = socket] = this.#unused
      this.#cut(oldest)
      if (oldest === socket) return false
    }
    this.#all.add(socket)
    this.#unused.add(socket)
    socket.once('close', this.#closed(socket))
    return true
  }

  /** A request has come over it. */
  used (socket: Socket): void {
    this.#unused.delete(socket)
  }

  destroyAll (): void {
    for (const socket of this.#all) socket.destroy()
  }

  #cut (socket: Socket): void {
    this.#onCut(socket)
    this.#all.delete(socket) // it counts no more, although its end is yet to be seen
    this.#unused.delete(socket)
    socket.destroy()
  }

  #closed (socket: Socket): () => void {
    return () => {
      this.#all.delete(socket)
      this.#unused.delete(socket)
    }
  }
}
