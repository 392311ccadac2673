import type { Socket } from 'node:net'
import type { TlsFacts } from '@clinch/plugins'
import type { ProxiedConnection } from './proxy-protocol/proxied-connection.ts'

export type ConnectionVerdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'refuse', readonly reason: string }

/** What is known of a client connection, plain or TLS, before its first request. */
export interface Connection {
  readonly scheme: 'http' | 'https'
  /** What was accepted, below TLS; undefined where that is not known. */
  readonly tcp?: Socket | undefined
  /** Who connected: the TCP peer, or whom the PROXY protocol names in its place. */
  readonly peerAddress: string
  readonly peerPort: number
  /** As the PROXY protocol told; undefined where it told nothing. */
  readonly proxied?: ProxiedConnection | undefined
  readonly serverAddress: string
  readonly serverPort: number
  /** Counts the connections of this worker. */
  readonly serial: number
  /** Requests that came over it, with those under way. */
  requests: number
  /** When its first request came, epoch milliseconds. */
  firstUsedMs: number
  /** Of TLS, in hexadecimal digits. */
  readonly sessionId?: string
  /** Of HTTP/1: it ends with the answer to the last request, and what came behind that is served to nobody. */
  isAtEnd?: boolean
  /** Undefined on plain connections. */
  readonly tls: TlsFacts | undefined
  /** Of TLS: what the client's hello offered, as numbers, in its order. */
  readonly offered?: { readonly cipherSuites: readonly number[], readonly groups: readonly number[] } | undefined
  /**
   * Host against SNI and, where it is judged per request, the client certificate: data-plane.md 1.7 and 1.8. Asked at
   * the start of every request, before routing. Refused: the log line's text; the client gets the 400 page.
   */
  judge (host: string, uri: string): ConnectionVerdict
}
