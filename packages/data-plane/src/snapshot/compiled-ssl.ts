import { createPrivateKey } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { parsePemCertificates, type Certificate } from '@clinch/ocsp-core'
import { compilePattern, ocspStaplingOf } from '@clinch/plugins'
import { sslProtocols, type Ssl, type SslProtocol } from '@clinch/schema'
import type { KeyAlgorithm } from '../tls/choose-certificate.ts'
import { stapleIdOf } from '../tls/staple-table.ts'

export type SslResource = Omit<Ssl, 'key' | 'keys'> & Readonly<Record<string, unknown>>

/** One certificate of an ssl resource; parsed when it is first used, because most of 100,000 never are. */
export class ServerCertificate {
  readonly chainPem: string
  readonly sslId: string
  readonly #openKey: () => string
  #leaf: Certificate | undefined
  #stapleId: string | undefined
  #algorithm: KeyAlgorithm | undefined

  constructor (sslId: string, chainPem: string, openKey: () => string) {
    this.sslId = sslId
    this.chainPem = chainPem
    this.#openKey = openKey
  }

  get leaf (): Certificate {
    if (this.#leaf === undefined) {
      const [leaf] = parsePemCertificates(this.chainPem)
      if (leaf === undefined) throw new Error('failed to parse PEM cert')
      this.#leaf = leaf
    }
    return this.#leaf
  }

  get algorithm (): KeyAlgorithm {
    this.#algorithm ??= algorithmByKeyType[this.leaf.publicKey.asymmetricKeyType ?? ''] ?? 'rsa'
    return this.#algorithm
  }

  get stapleId (): string { return (this.#stapleId ??= stapleIdOf(this.sslId, this.leaf.fingerprint)) }

  /** The private key in PEM, decrypted; never kept. */
  openKey (): string {
    const keyPem = this.#openKey()
    createPrivateKey(keyPem) // a key that cannot be read is told as such, not as a failed handshake
    return keyPem
  }
}

/** An ssl resource as the data plane works with it. */
export class CompiledSsl {
  readonly id: string
  readonly modRevision: number
  readonly names: readonly string[]
  /** The resource with its defaults; private keys are left out. */
  readonly resource: SslResource
  readonly pairs: readonly ServerCertificate[]
  readonly skipMtls: readonly RegExp[] | undefined
  readonly #storedKeys: readonly unknown[]
  #certificates: readonly ServerCertificate[] | undefined
  #clientCas: readonly Certificate[] | undefined

  constructor (id: string, modRevision: number, ssl: Ssl & Readonly<Record<string, unknown>>, decryptKey: (stored: string) => string) {
    const { key, keys, ...resource } = ssl
    this.id = id
    this.modRevision = modRevision
    this.resource = resource
    this.#storedKeys = [key, keys]
    this.names = ssl.sni !== undefined ? [ssl.sni] : ssl.snis ?? []
    this.pairs = [ssl.cert ?? '', ...ssl.certs ?? []].map((certPem, index) =>
      new ServerCertificate(id, certPem, () => decryptKey((index === 0 ? key : keys?.[index - 1]) ?? '')))
    this.skipMtls = ssl.client?.skip_mtls_uri_regex?.map(readPattern)
  }

  /** One for each key algorithm; of two with the same the later one is served, as in APISIX. */
  get certificates (): readonly ServerCertificate[] {
    this.#certificates ??= [...new Map(this.pairs.map(pair => [pair.algorithm, pair])).values()]
    return this.#certificates
  }

  get clientCas (): readonly Certificate[] {
    this.#clientCas ??= this.resource.client === undefined ? [] : parsePemCertificates(this.resource.client.ca)
    return this.#clientCas
  }

  isSameAs (other: CompiledSsl): boolean {
    return this.modRevision === other.modRevision && isDeepStrictEqual(this.resource, other.resource) && isDeepStrictEqual(this.#storedKeys, other.#storedKeys)
  }

  /** The protocols of this name: its own set replaces the global one. */
  protocols (globalProtocols: readonly SslProtocol[]): readonly SslProtocol[] {
    const chosen = this.resource.ssl_protocols ?? globalProtocols
    return sslProtocols.filter(protocol => chosen.includes(protocol))
  }

  get wantsStapling (): boolean {
    return ocspStaplingOf(this.resource)?.enabled === true
  }

  /** What to do when a certificate that must be stapled has no staple; `no` for one that need not be (RFC 7633). */
  mustStaple (certificate: ServerCertificate): 'no' | 'serve' | 'refuse' {
    return certificate.leaf.mustStaple ? ocspStaplingOf(this.resource)?.must_staple ?? 'serve' : 'no'
  }
}

function readPattern (source: string): RegExp {
  const compiled = compilePattern(source)
  if (compiled.kind === 'refused') throw new Error(`client.skip_mtls_uri_regex: ${compiled.reason}`)
  return compiled.pattern
}

const algorithmByKeyType: Readonly<Record<string, KeyAlgorithm>> = {
  rsa: 'rsa', 'rsa-pss': 'rsa-pss', ec: 'ecdsa', ed25519: 'ed25519', ed448: 'ed448'
}
