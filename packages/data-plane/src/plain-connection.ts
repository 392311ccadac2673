import type { Socket } from 'node:net'
import type { Connection, ConnectionVerdict } from './connection.ts'
import { ConnectionEnds } from './connection-ends.ts'

const PASS: ConnectionVerdict = Object.freeze({ kind: 'pass' })

/** A connection without TLS: there is nothing to judge. */
export class PlainConnection extends ConnectionEnds implements Connection {
  static readonly #known = new WeakMap<Socket, PlainConnection>()

  readonly scheme = 'http'
  readonly tls = undefined

  static of (socket: Socket): PlainConnection {
    const known = this.#known.get(socket)
    if (known !== undefined) return known
    const made = new PlainConnection(socket)
    this.#known.set(socket, made)
    return made
  }

  judge (): ConnectionVerdict { return PASS }
}
