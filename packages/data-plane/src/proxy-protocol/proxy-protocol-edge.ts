import type { Socket } from 'node:net'
import { AddressSet } from '@clinch/plugins'
import type { Logger } from 'pino'
import { peerAddressOf } from '../peer-address.ts'
import { readFirstOctets, type Reading } from '../read-first-octets.ts'
import { parseProxyHeader } from './parse-proxy-header.ts'
import type { ProxiedConnection } from './proxied-connection.ts'
import type { ProxyHeaderResult } from './proxy-header.ts'

export interface ProxyProtocolSettings {
  /** Whose headers are believed; undefined: everybody's who can connect. */
  readonly trustedAddresses: readonly string[] | undefined
  /** How long the header may take. */
  readonly timeoutMs: number
}

/** Where a connection goes on once it is known whose it is. */
export interface NextEdge {
  accept (socket: Socket, proxied: ProxiedConnection | undefined): void
}

const tellAgainMs = 60_000

/**
 * Takes the header of the PROXY protocol off the beginning of connections. Whoever sends none, or a wrong one, or may not
 * send one, is closed without an answer.
 */
export class ProxyProtocolEdge {
  readonly #settings: ProxyProtocolSettings
  readonly #trusted: AddressSet | undefined
  readonly #next: NextEdge
  readonly #log: Logger
  readonly #now: () => number
  /** Sockets whose header has not come yet. */
  readonly #silent = new Set<Socket>()
  #refused = 0
  #toldAtMs = -Infinity

  /** @param now - milliseconds, monotonic */
  constructor (settings: ProxyProtocolSettings, next: NextEdge, log: Logger, now: () => number) {
    this.#settings = settings
    this.#trusted = settings.trustedAddresses === undefined ? undefined : new AddressSet(settings.trustedAddresses)
    this.#next = next
    this.#log = log
    this.#now = now
  }

  accept (socket: Socket): void {
    const viaAddress = peerAddressOf(socket.remoteAddress)
    const viaPort = socket.remotePort ?? 0
    if (this.#trusted?.has(viaAddress) === false) return this.#refuse(socket, viaAddress, 'the peer may not send one')
    this.#silent.add(socket)
    readFirstOctets(socket, { timeoutMs: this.#settings.timeoutMs, read }, first => {
      this.#silent.delete(socket)
      switch (first.kind) {
        case 'gone': return socket.destroy()
        case 'late': return this.#refuse(socket, viaAddress, 'it took too long')
        case 'found': {
          const { found } = first
          if (found.kind === 'malformed') return this.#refuse(socket, viaAddress, found.reason)
          this.#next.accept(socket, found.ends === undefined ? undefined : { ...found.ends, viaAddress, viaPort })
          socket.resume()
        }
      }
    })
  }

  /** Ends connections that have not begun to speak. */
  close (): void {
    for (const socket of this.#silent) socket.destroy()
  }

  // A load balancer that is set up wrongly is told of once a minute, not with every connection.
  #refuse (socket: Socket, peer: string, reason: string): void {
    socket.destroy()
    this.#refused++
    const nowMs = this.#now()
    if (nowMs - this.#toldAtMs < tellAgainMs) return
    this.#log.warn({ peer, reason, refused: this.#refused }, 'connection without a valid PROXY protocol header refused')
    this.#toldAtMs = nowMs
    this.#refused = 0
  }
}

type Told = Exclude<ProxyHeaderResult, { kind: 'incomplete' }>

function read (held: Buffer): Reading<Told> {
  const result = parseProxyHeader(held)
  if (result.kind === 'incomplete') return { kind: 'more', atLeast: result.atLeast }
  return { kind: 'found', found: result, octets: result.kind === 'complete' ? result.octets : 0 }
}
