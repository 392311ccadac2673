import type { CipherNameAndProtocol, TLSSocket } from 'node:tls'
import { parseCertificate, type Certificate } from '@clinch/ocsp-core'
import type { ClientCertificate, TlsFacts } from '@clinch/plugins'
import type { Connection, ConnectionVerdict } from '../connection.ts'
import { ConnectionEnds } from '../connection-ends.ts'
import type { CompiledSsl } from '../snapshot/compiled-ssl.ts'
import { clientChainOf } from './client-chain.ts'
import type { ConnectionOrigin } from './connection-origin.ts'
import { matchName, type NameTable } from './match-ssl.ts'
import { sessionIdOf } from './session-id.ts'

const PASS: ConnectionVerdict = Object.freeze({ kind: 'pass' })

/** One TLS connection after its handshake; made once for it and read by each of its requests. */
export class TlsConnection extends ConnectionEnds implements Connection {
  readonly scheme = 'https'
  readonly tls: TlsFacts
  readonly offered: ConnectionOrigin['offered'] | undefined
  readonly #socket: TLSSocket
  readonly #matched: CompiledSsl
  readonly #names: () => NameTable<CompiledSsl>
  #lastJudged: { names: NameTable<CompiledSsl>, host: string, verdict: ConnectionVerdict } | undefined

  /**
   * @param serverName - normalised, the fallback name where the client sent none
   * @param matched - the ssl resource that the handshake was made with
   * @param origin - what was read of it before
   * @param dependOn - told of the certificates, by fingerprint, without which the connection has to end
   */
  constructor (socket: TLSSocket, serverName: string | undefined, matched: CompiledSsl, origin: ConnectionOrigin | undefined, names: () => NameTable<CompiledSsl>, dependOn: (fingerprints: readonly string[]) => void) {
    super(socket, origin?.proxied, origin?.tcp)
    this.offered = origin?.offered
    this.#socket = socket
    this.#matched = matched
    this.#names = names
    this.tls = new HandshakeFacts(socket, serverName, matched, names, dependOn)
  }

  get sessionId (): string { return sessionIdOf(this.#socket.getSession()) }

  judge (host: string, uri: string): ConnectionVerdict {
    const { skipMtls } = this.#matched
    if (skipMtls !== undefined && !skipMtls.some(pattern => pattern.test(uri))) {
      const { client } = this.tls
      if (client === undefined) return { kind: 'refuse', reason: 'client certificate was not present' }
      if (client.verify !== 'SUCCESS') return { kind: 'refuse', reason: `client certificate verification is not passed: ${client.verify}` }
    }
    const names = this.#names()
    if (this.#lastJudged?.names !== names || this.#lastJudged.host !== host) {
      this.#lastJudged = { names, host, verdict: this.#judgeHost(names, host) }
    }
    return this.#lastJudged.verdict
  }

  // A host that wants client certificates is only for connections whose handshake was made for that very name and
  // against the CAs that are in force now (data-plane.md 1.8).
  #judgeHost (names: NameTable<CompiledSsl>, host: string): ConnectionVerdict {
    const wanted = host === '' ? undefined : matchName(names, host)
    if (wanted?.resource.client === undefined) return PASS
    if (this.tls.sni !== host) {
      return { kind: 'refuse', reason: `client certificate verified with SNI ${this.tls.sni ?? ''}, but the host is ${host}` }
    }
    if (wanted.id !== this.#matched.id || wanted.resource.client.ca !== this.#matched.resource.client?.ca) {
      return { kind: 'refuse', reason: `the connection was made before the client CAs of ${host} changed` }
    }
    return PASS
  }
}

class HandshakeFacts implements TlsFacts {
  readonly sni: string | undefined
  // read at once: a connection that has ended tells nothing, and its last request is yet to be logged
  readonly protocol: string
  readonly cipher: string
  readonly resumed: boolean
  readonly sslId: string
  readonly #socket: TLSSocket
  readonly #matched: CompiledSsl
  readonly #names: () => NameTable<CompiledSsl>
  readonly #dependOn: (fingerprints: readonly string[]) => void
  #client: ClientCertificate | undefined | null = null

  constructor (socket: TLSSocket, serverName: string | undefined, matched: CompiledSsl, names: () => NameTable<CompiledSsl>, dependOn: (fingerprints: readonly string[]) => void) {
    this.#socket = socket
    this.sni = serverName
    this.protocol = socket.getProtocol() ?? ''
    this.cipher = (socket.getCipher() as CipherNameAndProtocol | null)?.name ?? ''
    this.resumed = socket.isSessionReused()
    this.sslId = matched.id
    this.#matched = matched
    this.#names = names
    this.#dependOn = dependOn
  }

  dependOn (certificates: readonly Certificate[]): void {
    this.#dependOn(certificates.map(({ fingerprint }) => fingerprint))
  }

  /** The resource as it is now, so that switching a check on or off reaches connections that are open. */
  get ssl (): TlsFacts['ssl'] {
    const current = this.sni === undefined ? undefined : matchName(this.#names(), this.sni)
    return current?.id === this.sslId ? current.resource : this.#matched.resource
  }

  get client (): ClientCertificate | undefined {
    if (this.#client === null) this.#client = readClientCertificate(this.#socket, this.#matched)
    return this.#client
  }
}

function readClientCertificate (socket: TLSSocket, matched: CompiledSsl): ClientCertificate | undefined {
  if (matched.resource.client === undefined) return undefined
  const [sent, ...intermediates] = clientChainOf(socket)
  if (sent === undefined) return undefined
  return {
    verify: socket.authorized ? 'SUCCESS' : `FAILED:${String(socket.authorizationError)}`,
    certificate: parseCertificate(sent.raw),
    issuers: [...matched.clientCas, ...intermediates.map(issuer => parseCertificate(issuer.raw))]
  }
}
