import type { Socket } from 'node:net'
import { originOf } from '@clinch/plugins'

/** Counts the open connections of each client address (of IPv6, of each /64), of which there are so many and no more. */
export class ConnectionsPerAddress {
  readonly #max: number
  readonly #open = new Map<string, number>()

  constructor (max: number) {
    this.#max = max
  }

  /** Takes a fresh connection until it is closed; false: there are as many as there may be. */
  admit (socket: Socket, address: string): boolean {
    const origin = originOf(address)
    const open = this.#open.get(origin) ?? 0
    if (open >= this.#max) return false
    this.#open.set(origin, open + 1)
    socket.once('close', () => this.#leave(origin))
    return true
  }

  #leave (origin: string): void {
    const left = (this.#open.get(origin) ?? 1) - 1
    if (left === 0) this.#open.delete(origin)
    else this.#open.set(origin, left)
  }
}
