import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { parseCertificate, staplePolicy, verifyResponse, type Certificate } from '@clinch/ocsp-core'
import type { ConnectionFacts } from '../outages.ts'

export interface Credentials {
  readonly cert: string
  readonly key: string
}

export interface DialOptions {
  /** Name and address of the data plane. */
  readonly node: { readonly name: string, readonly ip: string }
  readonly port: number
  /** Undefined: without TLS. */
  readonly tls?: {
    readonly servername: string
    readonly alpn: string
    readonly caPem: string
    /** Who issued the server's certificates, for their staples. */
    readonly issuer: Certificate
    readonly credentials?: Credentials | undefined
  }
}

export interface Connection {
  readonly socket: Socket
  readonly facts: ConnectionFacts
  /** What the staple says of the certificate that came with it, verified; `none` without one, undefined without TLS. */
  readonly staple: string | undefined
}

/** There is no connection. */
export class DialFailure extends Error {
  override readonly name = 'DialFailure'
  readonly facts: ConnectionFacts
  readonly isRefused: boolean

  constructor (facts: ConnectionFacts, cause: Error) {
    super(`no connection to ${facts.node}: ${cause.message}`, { cause })
    this.facts = facts
    this.isRefused = 'code' in cause && cause.code === 'ECONNREFUSED'
  }
}

const dialTimeoutMs = 15_000

/**
 * One connection, tried once. A TLS client asks for a staple, as every connection of the load does, resumes no session, and
 * verifies the certificate.
 *
 * @throws DialFailure
 */
export async function dial ({ node, port, tls }: DialOptions): Promise<Connection> {
  const openedMs = Date.now()
  const deadline = AbortSignal.timeout(dialTimeoutMs)
  const tcp = connectTcp({ host: node.ip, port, noDelay: true })
  let localPort: number | undefined
  tcp.once('connect', () => { localPort = tcp.localPort })
  try {
    if (tls === undefined) {
      await once(tcp, 'connect', { signal: deadline })
      tcp.on('error', () => {}) // whoever uses it hears `close`
      return { socket: tcp, facts: { node: node.name, localPort, openedMs }, staple: undefined }
    }
    const { servername, alpn, caPem, issuer, credentials } = tls
    const socket = connectTls({ socket: tcp, servername, ca: caPem, ALPNProtocols: [alpn], requestOCSP: true, ...credentials })
    let response: Buffer | undefined
    socket.on('OCSPResponse', (der: Buffer | null) => { response = der === null || der.length === 0 ? undefined : der })
    await once(socket, 'secureConnect', { signal: deadline })
    socket.on('error', () => {})
    return { socket, facts: { node: node.name, localPort, openedMs }, staple: stapleStatus(socket, response, issuer) }
  } catch (err) {
    tcp.destroy()
    throw new DialFailure({ node: node.name, localPort, openedMs }, err as Error) // what a socket emits
  }
}

function stapleStatus (socket: TLSSocket, der: Buffer | undefined, issuer: Certificate): string {
  const presented = socket.getPeerX509Certificate()
  if (der === undefined || presented === undefined) return 'none'
  const verdict = verifyResponse({ der, certificate: parseCertificate(presented.raw), issuer, nowMs: Date.now(), policy: staplePolicy })
  return verdict.kind === 'indeterminate' ? verdict.code : verdict.kind
}
