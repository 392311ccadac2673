import type { Socket } from 'node:net'
import type { Connection, ConnectionVerdict } from './connection.ts'
import { peerAddressOf } from './peer-address.ts'

const PASS: ConnectionVerdict = Object.freeze({ kind: 'pass' })

/** A connection without TLS: there is nothing to judge. */
export class PlainConnection implements Connection {
  static readonly #known = new WeakMap<Socket, PlainConnection>()

  readonly scheme = 'http'
  readonly tls = undefined
  readonly peerAddress: string
  readonly peerPort: number
  readonly serverPort: number

  constructor (socket: Socket) {
    this.peerAddress = peerAddressOf(socket.remoteAddress)
    this.peerPort = socket.remotePort ?? 0
    this.serverPort = socket.localPort ?? 0
  }

  static of (socket: Socket): PlainConnection {
    const known = this.#known.get(socket)
    if (known !== undefined) return known
    const made = new PlainConnection(socket)
    this.#known.set(socket, made)
    return made
  }

  judge (): ConnectionVerdict { return PASS }
}
