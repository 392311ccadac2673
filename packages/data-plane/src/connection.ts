import type { TlsFacts } from '@clinch/plugins'

export type ConnectionVerdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'refuse', readonly reason: string }

/** What is known of a client connection, plain or TLS, before its first request. */
export interface Connection {
  readonly scheme: 'http' | 'https'
  readonly peerAddress: string
  readonly peerPort: number
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
  /** Of HTTP/1: ends with the answer to a request that could be read in two ways, and nothing behind that is read. */
  isRefused?: boolean
  /** Undefined on plain connections. */
  readonly tls: TlsFacts | undefined
  /**
   * Host against SNI and, where it is judged per request, the client certificate: data-plane.md 1.7 and 1.8. Asked at
   * the start of every request, before routing. Refused: the log line's text; the client gets the 400 page.
   */
  judge (host: string, uri: string): ConnectionVerdict
}
