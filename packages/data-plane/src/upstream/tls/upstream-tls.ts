import { isIP } from 'node:net'
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { LRUCache } from 'lru-cache'
import { judgeUpstreamStaple } from './judge-staple.ts'
import type { SecureContexts } from './secure-contexts.ts'
import type { UpstreamStapleCounter } from './staple-counter.ts'

/** How TLS is spoken with an upstream; two upstreams that mean the same share connections. */
export interface UpstreamTlsOptions {
  readonly verify: boolean
  /** Whom to trust; undefined: `apisix.ssl.ssl_trusted_certificate`. */
  readonly caPem: string | undefined
  readonly certPem: string | undefined
  readonly keyPem: string | undefined
  readonly ocsp: 'off' | 'if_present' | 'required'
  readonly alpn: 'http/1.1' | 'h2'
}

/** What the TLS side of every pool is made with. */
export interface UpstreamTlsMakings {
  readonly contexts: SecureContexts
  readonly staples: UpstreamStapleCounter
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** A connection whose other end is whom it should be. */
export interface SecuredSocket {
  readonly socket: TLSSocket
  /** For how long new requests may be sent over it: epoch milliseconds. */
  readonly untilMs: number
}

const maxSessions = 100
const longestPath = 10

/** The client's side of TLS towards the nodes of an upstream. */
export class UpstreamTls {
  readonly #options: UpstreamTlsOptions
  readonly #makings: UpstreamTlsMakings
  readonly #sessions = new LRUCache<string, Buffer>({ max: maxSessions })

  constructor (options: UpstreamTlsOptions, makings: UpstreamTlsMakings) {
    this.#options = options
    this.#makings = makings
  }

  /**
   * @param name - what the upstream is called: its SNI, and what its certificate has to be for
   * @param done - called once, with an error for a socket that is not to be used
   */
  connect (host: string, port: number, name: string, done: (err: Error | null, secured?: SecuredSocket) => void): TLSSocket {
    const { verify, ocsp, alpn } = this.#options
    // a resumed session has no staple: with `ocsp` each connection is made in full
    const session = ocsp === 'off' ? this.#sessions.get(name) : undefined
    const socket = connect({
      host,
      port,
      secureContext: this.#makings.contexts.of(this.#options),
      ALPNProtocols: [alpn],
      rejectUnauthorized: verify,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      requestOCSP: ocsp !== 'off',
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(session === undefined ? {} : { session })
    })
    let staple: Buffer | undefined
    socket.on('OCSPResponse', (response: Buffer | null) => { staple = response ?? undefined })
    if (ocsp === 'off') socket.on('session', fresh => { this.#sessions.set(name, fresh) })
    socket.once('secureConnect', () => {
      if (ocsp === 'off') return done(null, { socket, untilMs: Infinity })
      const path = pathOf(socket.getPeerCertificate(true))
      const judgement = judgeUpstreamStaple({ mode: ocsp, staple, leafDer: path[0] ?? Buffer.alloc(0), issuersDer: path.slice(1), nowMs: this.#makings.now() })
      this.#makings.staples.count(judgement.result)
      if (judgement.kind === 'accepted') return done(null, { socket, untilMs: judgement.untilMs })
      socket.destroy()
      done(judgement.error)
    })
    return socket
  }
}

// From the leaf up; a root is its own issuer.
function pathOf (leaf: DetailedPeerCertificate): Buffer[] {
  const path: Buffer[] = []
  for (let at: DetailedPeerCertificate | undefined = leaf; at?.raw !== undefined && path.length < longestPath; at = at.issuerCertificate) {
    path.push(at.raw)
    if (at.issuerCertificate === at) break
  }
  return path
}
