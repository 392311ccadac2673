import { hash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { clientChainOf } from './client-chain.ts'

// A property and not a WeakMap: HTTP/2 shows a session's socket only through a proxy, which passes properties on.
const tracked = Symbol('client connection')

interface Tracked {
  session: ServerHttp2Session | undefined
  /** Of HTTP/1.1: the newest, whose end is the end of all before it. */
  response: ServerResponse | undefined
  isTunnel: boolean
  isEnding: boolean
}

const longestDrainMs = 60_000

/**
 * The open connections of clients that showed a certificate, by its fingerprint, so that those of one that was revoked
 * can be ended: idle ones at once, HTTP/2 by GOAWAY, HTTP/1.1 with the answer under way. What is left after a minute,
 * tunnels and endless answers, is cut off: no next request comes on which it would be refused.
 */
export class ClientConnections {
  readonly #open = new Map<string, Set<TLSSocket>>()

  /** After the handshake. */
  add (socket: TLSSocket): void {
    const [certificate] = clientChainOf(socket)
    if (certificate === undefined || !socket.authorized) return
    stateOf(socket)
    const fingerprint = hash('sha256', certificate.raw)
    const sockets = this.#open.get(fingerprint) ?? new Set()
    this.#open.set(fingerprint, sockets)
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) this.#open.delete(fingerprint)
    })
  }

  /** May come before `add` does. */
  addSession (session: ServerHttp2Session): void {
    stateOf(session.socket as TLSSocket).session = session
  }

  /** A request of HTTP/1.1 has come. */
  begin (socket: TLSSocket, response: ServerResponse): void {
    const state = stateOf(socket)
    state.response = response
    if (state.isEnding) response.shouldKeepAlive = false
  }

  beginTunnel (socket: TLSSocket): void {
    stateOf(socket).isTunnel = true
  }

  drain (fingerprint: string): void {
    for (const socket of this.#open.get(fingerprint) ?? []) drain(socket, stateOf(socket))
  }
}

function drain (socket: TLSSocket, state: Tracked): void {
  if (state.isEnding) return
  state.isEnding = true
  const cut = setTimeout(() => socket.destroy(), longestDrainMs).unref()
  socket.once('close', () => clearTimeout(cut))
  const { session, response, isTunnel } = state
  if (session !== undefined) return session.close()
  if (isTunnel) return
  if (response === undefined || response.closed || response.writableFinished) return socket.destroySoon()
  response.shouldKeepAlive = false
  response.once('close', () => socket.destroySoon())
}

function stateOf (socket: TLSSocket): Tracked {
  const holder = socket as TLSSocket & { [tracked]?: Tracked }
  holder[tracked] ??= { session: undefined, response: undefined, isTunnel: false, isEnding: false }
  return holder[tracked]
}
