import { createPrivateKey, hash } from 'node:crypto'
import { parsePemCertificates, type Certificate } from '@clinch/ocsp-core'
import { compilePattern, ocspStaplingOf } from '@clinch/plugins'
import { sslProtocols, type Ssl, type SslProtocol } from '@clinch/schema'
import type { KeyAlgorithm } from '../tls/choose-certificate.ts'
import { stapleIdOf } from '../tls/staple-table.ts'
import type { StoredSsl } from './stored-ssl.ts'

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

/**
 * An ssl resource as the data plane works with it. Until it is first used it keeps its names and how to read the rest:
 * of 100,000 most are never used.
 */
export class CompiledSsl {
  readonly id: string
  readonly modRevision: number
  readonly names: readonly string[]
  readonly #read: () => StoredSsl['ssl']
  readonly #decryptKey: (stored: string) => string
  /** Of everything that it was made from. */
  readonly #digest: string
  #parts: SslParts | undefined
  #certificates: readonly ServerCertificate[] | undefined
  #clientCas: readonly Certificate[] | undefined

  /**
   * @param read - reads it again
   * @throws Error for what can be seen without using it
   */
  constructor ({ id, modRevision, ssl }: StoredSsl, read: () => StoredSsl['ssl'], decryptKey: (stored: string) => string) {
    this.id = id
    this.modRevision = modRevision
    this.names = ssl.sni !== undefined ? [ssl.sni] : ssl.snis ?? []
    this.#digest = hash('sha256', JSON.stringify(ssl), 'base64')
    this.#read = read
    this.#decryptKey = decryptKey
    ssl.client?.skip_mtls_uri_regex?.forEach(readPattern)
  }

  /** The resource with its defaults; private keys are left out. */
  get resource (): SslResource { return this.#inUse.resource }

  get pairs (): readonly ServerCertificate[] { return this.#inUse.pairs }

  get skipMtls (): readonly RegExp[] | undefined { return this.#inUse.skipMtls }

  get #inUse (): SslParts {
    this.#parts ??= partsOf(this.id, this.#read(), this.#decryptKey)
    return this.#parts
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
    return this.modRevision === other.modRevision && this.#digest === other.#digest
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

interface SslParts {
  readonly resource: SslResource
  readonly pairs: readonly ServerCertificate[]
  readonly skipMtls: readonly RegExp[] | undefined
}

function partsOf (id: string, { key, keys, ...resource }: StoredSsl['ssl'], decryptKey: (stored: string) => string): SslParts {
  return {
    resource,
    pairs: [resource.cert ?? '', ...resource.certs ?? []].map((certPem, index) =>
      new ServerCertificate(id, certPem, () => decryptKey((index === 0 ? key : keys?.[index - 1]) ?? ''))),
    skipMtls: resource.client?.skip_mtls_uri_regex?.map(readPattern)
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
