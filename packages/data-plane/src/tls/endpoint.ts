import { constants } from 'node:crypto'
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse, type SecureServerOptions, type ServerHttp2Session } from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { SslProtocol } from '@clinch/schema'
import type { CompiledSsl, ServerCertificate } from '../snapshot/compiled-ssl.ts'
import { announceEnd, announceEndAfterUse, makeLast } from '../last-use.ts'
import { checkIntervalOf, takeClientEvents } from '../proxy/client-events.ts'
import type { ClientLimits } from '../proxy/client-limits.ts'
import { limitControlFrames } from '../proxy/control-frames.ts'
import { http2OptionsOf, isMisuse } from '../proxy/http2-limits.ts'
import { wantsUpgrade } from '../proxy/request-handler.ts'
import { connectionOrigin, type ConnectionOrigin } from './connection-origin.ts'
import { deriveSessionKeys, type SessionScope } from './session-keys.ts'
import type { TakenStaple } from './staple-table.ts'

const emptyResponse = Buffer.alloc(0)

export interface EndpointSettings {
  readonly protocols: readonly SslProtocol[]
  readonly ciphers: string
  /** Key exchange groups in the order of preference, as OpenSSL writes them; `auto` for those of the TLS library. */
  readonly groups: string
  readonly sessionTickets: boolean
  readonly http2: boolean
  readonly limits: ClientLimits
  readonly keepAliveTimeoutMs: number
  readonly headersTimeoutMs: number
  readonly handshakeTimeoutMs: number
}

export type EndpointRequest = IncomingMessage | Http2ServerRequest
export type EndpointResponse = ServerResponse | Http2ServerResponse

export interface EndpointEvents {
  /** The handshake is done; a reason given back refuses the connection before its first request. */
  readonly onSecure: (socket: TLSSocket, origin: ConnectionOrigin | undefined) => string | undefined
  readonly onSession: (session: ServerHttp2Session, origin: ConnectionOrigin | undefined) => void
  readonly onRequest: (request: EndpointRequest, response: EndpointResponse) => void
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  readonly onConnect: (socket: Duplex) => void
  readonly onFailure: (error: NodeJS.ErrnoException, socket: Duplex) => void
  /** A full handshake asked for a staple. */
  readonly onStapleWanted: () => TakenStaple | Promise<TakenStaple>
  readonly onHandshakeFailure: (error: Error) => void
  /** A connection of HTTP/2 is ended for what its client does. */
  readonly onMisuse: () => void
  /** Drained, and its last connection has ended. */
  readonly onDrained: () => void
}

/**
 * One certificate of one ssl resource, ready for handshakes: a secure server that does not listen and is handed
 * sockets whose ClientHello was already matched. So protocol versions, client CAs, session scope and staple are this
 * certificate's own, with public API only.
 */
export class Endpoint {
  readonly #server: Http2SecureServer
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #events: EndpointEvents
  readonly #scope: SessionScope
  #ticketSecret: Buffer
  #connections = 0
  #draining = false
  #isWindingDown = false

  /** @param ticketSecret - see useTicketSecret */
  constructor (ssl: CompiledSsl, certificate: ServerCertificate, settings: EndpointSettings, ticketSecret: Buffer, events: EndpointEvents) {
    this.#scope = { sslId: ssl.id, modRevision: ssl.modRevision, certificateFingerprint: certificate.leaf.fingerprint }
    const server = createSecureServer({ ...optionsOf(ssl, certificate, settings), ...deriveSessionKeys(ticketSecret, this.#scope) })
    this.#server = server
    this.#events = events
    this.#ticketSecret = ticketSecret
    // what node:http servers have, this one has with allowHTTP1; its types do not say so
    Object.assign(server, {
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      headersTimeout: settings.headersTimeoutMs,
      connectionsCheckingInterval: checkIntervalOf(settings.headersTimeoutMs),
      shouldUpgradeCallback: wantsUpgrade,
      requestTimeout: 0 // bodies have deadlines of their own, between two reads
    })
    server.on('secureConnection', socket => {
      const refusal = events.onSecure(socket, connectionOrigin.getStore())
      if (refusal !== undefined) socket.destroy()
    })
    server.on('session', session => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      limitControlFrames(session, settings.limits, () => performance.now(), events.onMisuse)
      session.setTimeout(settings.keepAliveTimeoutMs, () => { session.close() })
      if (this.#isWindingDown) announceEndAfterUse(session)
      events.onSession(session, connectionOrigin.getStore())
    })
    takeClientEvents(server, settings.limits.maxHeadFields, {
      ...events,
      onRequest: (request, response) => {
        if (this.#draining || this.#isWindingDown) makeLast(response)
        events.onRequest(request, response)
      }
    })
    if (ssl.wantsStapling) {
      server.on('OCSPRequest', (_certificate, _issuer, answer) => {
        const taken = events.onStapleWanted()
        const send = (der: Buffer | undefined) => answer(null, der as Buffer) // undefined sends none; the types ask for a Buffer
        const settle = ({ der, decision }: TakenStaple) => {
          if (decision.kind === 'refuse') answer(new Error('the certificate must be stapled and there is no staple'), emptyResponse)
          else send(der)
        }
        if (taken instanceof Promise) taken.then(settle, () => send(undefined)) // unanswered, the handshake would hang
        else settle(taken)
      })
    }
    server.on('tlsClientError', (error, socket) => {
      events.onHandshakeFailure(error)
      socket.destroy() // node leaves it open, also when its time is over
    })
    server.on('sessionError', error => { if (isMisuse(error)) events.onMisuse() }) // the session is closed by it
    server.emit('listening') // starts the watch over slow heads, which a server that listens starts by itself
  }

  /**
   * @param socket - its ClientHello unread, or read and put back
   * @param origin - handed to `onSecure` and `onSession`
   */
  accept (socket: Socket, origin: ConnectionOrigin): void {
    this.#connections++
    socket.on('close', this.#onClosed)
    connectionOrigin.run(origin, () => this.#server.emit('connection', socket))
  }

  /** Tickets are made and read with the keys of this secret from here on, and those of the one before are good no more. */
  useTicketSecret (secret: Buffer): void {
    if (secret === this.#ticketSecret) return
    this.#ticketSecret = secret
    this.#server.setTicketKeys(deriveSessionKeys(secret, this.#scope).ticketKeys)
  }

  /** Every connection may be used once more; its client is told not to come again over it. */
  windDown (keepAliveTimeoutMs: number): void {
    this.#isWindingDown = true
    Object.assign(this.#server, { keepAliveTimeout: keepAliveTimeoutMs }) // of those that fall idle from here on
    for (const session of this.#sessions) announceEnd(session)
  }

  /** Takes no new connections and lets the open ones end: HTTP/2 by GOAWAY, HTTP/1.1 with its next answer. */
  drain (): void {
    if (this.#draining) return
    this.#draining = true
    for (const session of this.#sessions) session.close()
    if (this.#connections === 0) this.#end()
  }

  /** Drains, and closes the connections on which nothing is under way. */
  close (): void {
    this.drain()
    this.#server.close()
  }

  readonly #onClosed = (): void => {
    this.#connections--
    if (this.#draining && this.#connections === 0) this.#end()
  }

  #end (): void {
    this.#server.close()
    this.#events.onDrained()
  }
}

function optionsOf (ssl: CompiledSsl, certificate: ServerCertificate, settings: EndpointSettings): SecureServerOptions {
  const protocols = ssl.protocols(settings.protocols)
  const { client } = ssl.resource
  return {
    allowHTTP1: true,
    ...http2OptionsOf(settings.limits),
    ...{ maxHeaderSize: settings.limits.maxHeadBytes }, // HTTP/1's; the types do not have it
    ALPNProtocols: settings.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    cert: certificate.chainPem,
    key: certificate.openKey(),
    minVersion: protocols[0] ?? 'TLSv1.2',
    maxVersion: protocols.at(-1) ?? 'TLSv1.3',
    ciphers: settings.ciphers,
    ecdhCurve: settings.groups,
    honorCipherOrder: true,
    dhparam: 'auto',
    handshakeTimeout: settings.handshakeTimeoutMs,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (settings.sessionTickets ? 0 : constants.SSL_OP_NO_TICKET),
    ...(client === undefined
      ? {}
      : { requestCert: true, rejectUnauthorized: client.skip_mtls_uri_regex === undefined, ca: client.ca })
  }
}
