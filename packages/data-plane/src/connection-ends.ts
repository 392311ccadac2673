import type { Socket } from 'node:net'
import { peerAddressOf } from './peer-address.ts'

/** Both ends of a client connection, and what it has carried; what is known of it whether or not it is TLS. */
export class ConnectionEnds {
  static #last = 0

  /** Counts the connections of this worker. */
  readonly serial = ++ConnectionEnds.#last
  readonly peerAddress: string
  readonly peerPort: number
  readonly serverAddress: string
  readonly serverPort: number
  /** Requests that came over it, with the one under way. */
  requests = 0
  /** When its first request came, epoch milliseconds. */
  firstUsedMs = 0
  isRefused = false

  constructor (socket: Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>) {
    this.peerAddress = peerAddressOf(socket.remoteAddress)
    this.peerPort = socket.remotePort ?? 0
    this.serverPort = socket.localPort ?? 0
    this.serverAddress = peerAddressOf(socket.localAddress)
  }
}
