import { hash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { clientChainOf } from './client-chain.ts'

// A property and not a WeakMap: HTTP/2 shows a session's socket only through a proxy, which passes properties on.
const tracked = Symbol('client connection')

interface Tracked {
  /** Undefined before the handshake is done. */
  socket: TLSSocket | undefined
  session: ServerHttp2Session | undefined
  /** Of HTTP/1.1: the newest, whose end is the end of all before it. */
  response: ServerResponse | undefined
  isTunnel: boolean
  isEnding: boolean
  /** Of the client's certificate, which is its own however it is checked. */
  own: string
  /** Of the certificates besides, by which it stands and falls. */
  above: readonly string[]
}

const longestDrainMs = 60_000

/** Does something later unless it is called off before. */
export type Later = (afterMs: number, run: () => void) => { callOff (): void }

/**
 * The open connections of clients that showed a certificate, by the fingerprints of what they depend on, so that those of
 * one that was revoked can be ended: idle ones at once, HTTP/2 by GOAWAY, HTTP/1.1 with the answer under way. What is left
 * after a minute, tunnels and endless answers, is cut off: no next request comes on which it would be refused.
 */
export class ClientConnections {
  readonly #open = new Map<string, Set<Tracked>>()
  readonly #later: Later

  constructor (later: Later = laterByTimer) {
    this.#later = later
  }

  /** After the handshake. */
  add (socket: TLSSocket): void {
    const [certificate] = clientChainOf(socket)
    if (certificate === undefined || !socket.authorized) return
    const state = stateOf(socket)
    state.socket = socket
    state.own = hash('sha256', certificate.raw)
    this.#file(state, state.own)
    socket.once('close', () => {
      this.#remove(state, state.own)
      for (const fingerprint of state.above) this.#remove(state, fingerprint)
    })
  }

  /** May come before `add` does. */
  addSession (session: ServerHttp2Session): void {
    stateOf(session.socket as TLSSocket).session = session
  }

  /**
   * Gives what says on which certificates, by fingerprint, the connection depends besides its own, in place of those named
   * before. To be had while the socket is open; after that there is nothing to say.
   */
  dependenceOf (socket: TLSSocket): (fingerprints: readonly string[]) => void {
    const state = stateOf(socket)
    return fingerprints => {
      if (state.socket === undefined || state.socket.destroyed) return
      for (const fingerprint of state.above) this.#remove(state, fingerprint)
      state.above = fingerprints.filter(fingerprint => fingerprint !== state.own)
      for (const fingerprint of state.above) this.#file(state, fingerprint)
    }
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
    for (const state of [...this.#open.get(fingerprint) ?? []]) this.#end(state)
  }

  #end (state: Tracked): void {
    const { socket, session, response, isTunnel } = state
    if (socket === undefined || state.isEnding) return
    state.isEnding = true
    const cut = this.#later(longestDrainMs, () => socket.destroy())
    socket.once('close', () => cut.callOff())
    if (session !== undefined) return session.close()
    if (isTunnel) return
    if (response === undefined || response.closed || response.writableFinished) return socket.destroySoon()
    response.shouldKeepAlive = false
    response.once('close', () => socket.destroySoon())
  }

  #file (state: Tracked, fingerprint: string): void {
    const those = this.#open.get(fingerprint) ?? new Set()
    this.#open.set(fingerprint, those.add(state))
  }

  #remove (state: Tracked, fingerprint: string): void {
    const those = this.#open.get(fingerprint)
    those?.delete(state)
    if (those?.size === 0) this.#open.delete(fingerprint)
  }
}

function laterByTimer (afterMs: number, run: () => void): { callOff (): void } {
  const timer = setTimeout(run, afterMs).unref()
  return { callOff: () => clearTimeout(timer) }
}

function stateOf (socket: TLSSocket): Tracked {
  const holder = socket as TLSSocket & { [tracked]?: Tracked }
  holder[tracked] ??= { socket: undefined, session: undefined, response: undefined, isTunnel: false, isEnding: false, own: '', above: [] }
  return holder[tracked]
}
