import type { Socket } from 'node:net'
import { peerAddressOf } from './peer-address.ts'
import type { ProxiedConnection } from './proxy-protocol/proxied-connection.ts'

/** Both ends of a client connection, and what it has carried; what is known of it whether or not it is TLS. */
export class ConnectionEnds {
  static #last = 0

  /** What was accepted, below TLS; undefined where that is not known. */
  readonly tcp: Socket | undefined
  /** Counts the connections of this worker. */
  readonly serial = ++ConnectionEnds.#last
  readonly peerAddress: string
  readonly peerPort: number
  readonly serverAddress: string
  readonly serverPort: number
  readonly proxied: ProxiedConnection | undefined
  /** Requests that came over it, with the one under way. */
  requests = 0
  /** When its first request came, epoch milliseconds. */
  firstUsedMs = 0
  isAtEnd = false

  constructor (socket: Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>, proxied: ProxiedConnection | undefined, tcp: Socket | undefined) {
    this.tcp = tcp
    this.proxied = proxied
    this.peerAddress = proxied?.sourceAddress ?? peerAddressOf(socket.remoteAddress)
    this.peerPort = proxied?.sourcePort ?? socket.remotePort ?? 0
    this.serverPort = socket.localPort ?? 0
    this.serverAddress = peerAddressOf(socket.localAddress)
  }
}
