import type { Socket } from 'node:net'
import type { Connection, ConnectionVerdict } from './connection.ts'
import { ConnectionEnds } from './connection-ends.ts'
import type { ProxiedConnection } from './proxy-protocol/proxied-connection.ts'

const PASS: ConnectionVerdict = Object.freeze({ kind: 'pass' })

/** A connection without TLS: there is nothing to judge. */
export class PlainConnection extends ConnectionEnds implements Connection {
  static readonly #known = new WeakMap<object, PlainConnection>()

  readonly scheme = 'http'
  readonly tls = undefined

  /**
   * Made when it is first asked for.
   *
   * @param owner - the socket, or of HTTP/2 the session, which shows its socket only through a proxy
   */
  static of (owner: object, socket: Socket, proxied?: ProxiedConnection): PlainConnection {
    const known = this.#known.get(owner)
    if (known !== undefined) return known
    const made = new PlainConnection(socket, proxied, socket)
    this.#known.set(owner, made)
    return made
  }

  judge (): ConnectionVerdict { return PASS }
}
