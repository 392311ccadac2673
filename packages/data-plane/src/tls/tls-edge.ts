import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Connection } from '../connection.ts'
import { peerAddressOf } from '../peer-address.ts'
import type { ProxiedConnection } from '../proxy-protocol/proxied-connection.ts'
import type { CompiledSsl, ServerCertificate } from '../snapshot/compiled-ssl.ts'
import { endWithAlert, type AlertName } from './alert.ts'
import type { LimitCounter } from '../limit-counter.ts'
import { chooseCertificate } from './choose-certificate.ts'
import { clientChainOf } from './client-chain.ts'
import { ClientConnections } from './client-connections.ts'
import type { ClientHello } from './client-hello.ts'
import type { ConnectionOrigin } from './connection-origin.ts'
import { Endpoint, type EndpointRequest, type EndpointResponse, type EndpointSettings } from './endpoint.ts'
import type { HandshakeCounter } from './handshake-counter.ts'
import { matchName, type NameTable } from './match-ssl.ts'
import { readClientHello } from './read-client-hello.ts'
import { normalizeName } from './server-name.ts'
import type { StapleTable, TakenStaple } from './staple-table.ts'
import { TlsConnection } from './tls-connection.ts'

export interface TlsEdgeSettings extends EndpointSettings {
  readonly fallbackSni: string | undefined
  readonly clientHelloTimeoutMs: number
  readonly maxEndpoints: number
  readonly unknownNameAlert: AlertName
  /** What session tickets are made with at first; `setTicketSecret` changes it. */
  readonly ticketSecret: Buffer
  /** Handshakes side by side. */
  readonly maxHandshakes: number
}

export interface TlsEdgeOptions {
  readonly settings: TlsEdgeSettings
  readonly names: () => NameTable<CompiledSsl>
  readonly staples: StapleTable
  readonly handshakes: HandshakeCounter
  readonly limits: LimitCounter
  readonly log: Logger
  readonly onRequest: (request: EndpointRequest, response: EndpointResponse, connection: Connection) => void
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, connection: Connection) => void
  readonly onConnect: (socket: Duplex) => void
  readonly onFailure: (error: NodeJS.ErrnoException, socket: Duplex) => void
}

/**
 * From an accepted socket to a request on a TLS connection: read the ClientHello, match its name, choose the
 * certificate, hand the socket to that certificate's endpoint.
 */
export class TlsEdge {
  readonly #options: TlsEdgeOptions
  readonly #endpoints: LRUCache<ServerCertificate, Endpoint>
  /** Those that may still have connections: the cached ones and the drained ones that are not done. */
  readonly #open = new Set<Endpoint>()
  /** Must-staple certificates that were last served without a staple: told of once, until they have one again. */
  readonly #toldBare = new Set<string>()
  /** Of names that ask for client certificates. */
  readonly #clients = new ClientConnections()
  /** Sockets that have not yet said hello. */
  readonly #greeting = new Set<Socket>()
  /** Sockets that are in their handshake, the oldest first. */
  readonly #inHandshake = new Set<Socket>()
  /** By TLS socket for HTTP/1.1 and by session for HTTP/2, which shows its socket only through a proxy. */
  readonly #connections = new WeakMap<object, Connection>()
  /** By the same. */
  readonly #origins = new WeakMap<object, ConnectionOrigin>()
  #windDownMs: number | undefined
  #ticketSecret: Buffer

  constructor (options: TlsEdgeOptions) {
    this.#options = options
    this.#ticketSecret = options.settings.ticketSecret
    this.#endpoints = new LRUCache({ max: options.settings.maxEndpoints, dispose: endpoint => endpoint.drain() })
  }

  /** A fresh TCP connection. */
  accept (socket: Socket, proxied?: ProxiedConnection): void {
    const { settings, limits, log } = this.#options
    this.#greeting.add(socket)
    readClientHello(socket, settings.clientHelloTimeoutMs, first => {
      this.#greeting.delete(socket)
      switch (first.kind) {
        case 'hello': return this.#greet(socket, first.hello, proxied)
        case 'gone': return socket.destroy()
        case 'refused':
          log.debug({ peer: proxied?.sourceAddress ?? socket.remoteAddress, reason: first.reason }, 'connection refused before TLS')
          if (first.isLimit) limits.count('client_hello')
          return first.isTls ? endWithAlert(socket, 'internal_error') : socket.destroy()
      }
    })
  }

  /** Endpoints of resources that changed or went let their connections end. */
  retire (sslId: string): void {
    for (const certificate of [...this.#endpoints.keys()]) if (certificate.sslId === sslId) this.#endpoints.delete(certificate)
  }

  /** A client certificate was revoked, or one above it: ends the connections that depend on it. */
  drainClient (fingerprint: string): void {
    this.#clients.drain(fingerprint)
  }

  /** Session tickets that were given until now are good no more. */
  setTicketSecret (secret: Buffer): void {
    this.#ticketSecret = secret
  }

  /** Every connection may be used once more, also one whose client has not yet said hello. */
  windDown (keepAliveTimeoutMs: number): void {
    this.#windDownMs = keepAliveTimeoutMs
    for (const endpoint of this.#open) endpoint.windDown(keepAliveTimeoutMs)
  }

  /** Lets what is in flight end and closes what is idle. */
  close (): void {
    for (const socket of this.#greeting) socket.destroy()
    for (const endpoint of this.#open) endpoint.close()
  }

  #greet (socket: Socket, hello: ClientHello, proxied: ProxiedConnection | undefined): void {
    const { settings, names, log } = this.#options
    const sent = hello.serverName ?? settings.fallbackSni
    if (sent === undefined) {
      log.error({ peer: proxied?.sourceAddress ?? socket.remoteAddress }, 'failed to find SNI: please check if the client requests via IP or uses an outdated protocol')
      return endWithAlert(socket, settings.unknownNameAlert)
    }
    const name = normalizeName(sent)
    const ssl = matchName(names(), name)
    if (ssl === undefined) {
      log.error({ sni: name }, 'failed to match any SSL certificate by SNI')
      return endWithAlert(socket, settings.unknownNameAlert)
    }
    try {
      const protocols = ssl.protocols(settings.protocols)
      const certificate = chooseCertificate(ssl.certificates, hello, protocols.includes('TLSv1.3'), hello.wantsStaple ? one => this.#keepsItsPromise(ssl, one) : undefined)
      if (certificate === undefined) throw new Error('the resource has no certificate')
      if (!hello.wantsStaple) this.#options.handshakes.count('not_asked')
      else if (!ssl.wantsStapling) this.#options.handshakes.count('not_applicable')
      if (ssl.wantsStapling && !hello.wantsStaple) log.debug({ sslId: ssl.id, sni: name }, 'no status request required, no need to send ocsp response')
      const { cipherSuites, groups } = hello
      const endpoint = this.#endpointOf(ssl, certificate)
      endpoint.useTicketSecret(this.#ticketSecret) // where its next handshake begins: there may be thousands of endpoints
      this.#beginHandshake(socket, proxied)
      endpoint.accept(socket, { tcp: socket, proxied, offered: { cipherSuites, groups } })
    } catch (err) {
      log.error({ err, sslId: ssl.id, sni: name }, 'failed to fetch ssl config')
      endWithAlert(socket, 'internal_error')
    }
  }

  // Whoever has been at it for longest makes room: a client that means it is done within two round trips.
  #beginHandshake (socket: Socket, proxied: ProxiedConnection | undefined): void {
    const { settings, limits } = this.#options
    const [oldest] = this.#inHandshake
    if (oldest !== undefined && this.#inHandshake.size >= settings.maxHandshakes) {
      limits.count('handshakes', proxied?.sourceAddress ?? peerAddressOf(socket.remoteAddress))
      this.#inHandshake.delete(oldest)
      oldest.destroy()
    }
    this.#inHandshake.add(socket)
    socket.once('close', () => this.#inHandshake.delete(socket))
  }

  #endpointOf (ssl: CompiledSsl, certificate: ServerCertificate): Endpoint {
    const known = this.#endpoints.get(certificate)
    if (known !== undefined) return known
    const made = this.#makeEndpoint(ssl, certificate)
    this.#endpoints.set(certificate, made)
    return made
  }

  #makeEndpoint (ssl: CompiledSsl, certificate: ServerCertificate): Endpoint {
    const { settings, staples, limits, log, onRequest, onUpgrade, onConnect, onFailure } = this.#options
    const endpoint: Endpoint = new Endpoint(ssl, certificate, settings, this.#ticketSecret, {
      onDrained: () => this.#open.delete(endpoint),
      onSecure: (socket, origin) => {
        if (origin !== undefined) {
          this.#inHandshake.delete(origin.tcp)
          this.#origins.set(socket, origin)
        }
        const { client } = ssl.resource
        if (client === undefined) return undefined
        if (clientChainOf(socket).length - 1 <= client.depth) {
          this.#clients.add(socket)
          return undefined
        }
        log.warn({ sslId: ssl.id, depth: client.depth }, 'client certificate chain too long')
        return 'depth'
      },
      onSession: (session, origin) => {
        if (origin !== undefined) this.#origins.set(session, origin)
        if (ssl.resource.client !== undefined) this.#clients.addSession(session)
      },
      onRequest: (request, response) => {
        const session = 'stream' in request ? request.stream.session : undefined
        const connection = session === undefined
          ? this.#connectionOf(request.socket, request.socket as TLSSocket, ssl)
          : this.#connectionOf(session, session.socket as TLSSocket, ssl)
        if (session === undefined && ssl.resource.client !== undefined) this.#clients.begin(request.socket as TLSSocket, response as ServerResponse)
        onRequest(request, response, connection)
      },
      onUpgrade: (request, socket, head) => {
        if (ssl.resource.client !== undefined) this.#clients.beginTunnel(request.socket as TLSSocket)
        onUpgrade(request, socket, head, this.#connectionOf(request.socket, request.socket as TLSSocket, ssl))
      },
      onConnect,
      onFailure,
      onStapleWanted: () => {
        const taken = staples.take(certificate.stapleId, ssl.mustStaple(certificate))
        return taken instanceof Promise ? taken.then(later => this.#tell(ssl, certificate, later)) : this.#tell(ssl, certificate, taken)
      },
      onHandshakeFailure: err => log.debug({ err, sslId: ssl.id }, 'handshake failed'),
      onMisuse: () => limits.count('http2')
    })
    this.#open.add(endpoint)
    if (this.#windDownMs !== undefined) endpoint.windDown(this.#windDownMs)
    return endpoint
  }

  // A certificate that must be stapled and cannot be is passed over while another of the name fits the client.
  #keepsItsPromise (ssl: CompiledSsl, certificate: ServerCertificate): boolean {
    return !ssl.wantsStapling || ssl.mustStaple(certificate) === 'no' || this.#options.staples.hasPromise(certificate.stapleId)
  }

  #tell (ssl: CompiledSsl, certificate: ServerCertificate, taken: TakenStaple): TakenStaple {
    const { decision } = taken
    this.#options.handshakes.count(decision.kind === 'send' ? 'stapled' : 'bare')
    const id = certificate.stapleId
    if (decision.kind === 'send') this.#toldBare.delete(id)
    else if (!this.#toldBare.has(id) && ssl.mustStaple(certificate) !== 'no' && 'why' in decision) {
      this.#toldBare.add(id)
      this.#options.log.error({ sslId: ssl.id, fingerprint: certificate.leaf.fingerprint, why: decision.why, decision: decision.kind }, 'must-staple certificate without a staple')
    }
    return taken
  }

  #connectionOf (owner: object, socket: TLSSocket, ssl: CompiledSsl): Connection {
    const known = this.#connections.get(owner)
    if (known !== undefined) return known
    const sent = typeof socket.servername === 'string' ? socket.servername : this.#options.settings.fallbackSni
    const dependOn = ssl.resource.client === undefined ? () => {} : this.#clients.dependenceOf(socket)
    const made = new TlsConnection(socket, sent === undefined ? undefined : normalizeName(sent), ssl, this.#origins.get(owner), this.#options.names, dependOn)
    this.#connections.set(owner, made)
    return made
  }
}
