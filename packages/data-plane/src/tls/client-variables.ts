import { hash, X509Certificate } from 'node:crypto'
import type { Certificate } from '@clinch/ocsp-core'
import { legacyName, rfc2253Name } from './distinguished-name.ts'

type ClientVariable = (certificate: Certificate, nowMs: number) => string

/**
 * What nginx says of the certificate that a client showed, in nginx's notation, whether it verified (`ssl_client_verify`)
 * or not. The texts of a connection are made once.
 */
export const clientVariables = {
  ssl_client_cert: certificate => textsOf(certificate).pem.trimEnd().replaceAll('\n', '\n\t'),
  ssl_client_raw_cert: certificate => textsOf(certificate).pem,
  ssl_client_escaped_cert: certificate => textsOf(certificate).escapedPem,
  ssl_client_s_dn: certificate => textsOf(certificate).subject,
  ssl_client_i_dn: certificate => textsOf(certificate).issuer,
  ssl_client_s_dn_legacy: certificate => legacyName(textsOf(certificate).view.subject),
  ssl_client_i_dn_legacy: certificate => legacyName(textsOf(certificate).view.issuer),
  ssl_client_serial: certificate => textsOf(certificate).view.serialNumber.replace(/^0$/, '00'),
  ssl_client_fingerprint: certificate => textsOf(certificate).sha1,
  ssl_client_v_start: certificate => textsOf(certificate).view.validFrom,
  ssl_client_v_end: certificate => textsOf(certificate).view.validTo,
  ssl_client_v_remain: ({ notAfterMs }, nowMs) => String(Math.max(0, Math.floor((notAfterMs - nowMs) / dayMs)))
} as const satisfies Readonly<Record<`ssl_client_${string}`, ClientVariable>>

const dayMs = 86_400_000

class CertificateTexts {
  // one certificate object a connection
  static readonly #known = new WeakMap<Certificate, CertificateTexts>()

  readonly view: X509Certificate
  #pem: string | undefined
  #escapedPem: string | undefined
  #subject: string | undefined
  #issuer: string | undefined
  #sha1: string | undefined

  private constructor (certificate: Certificate) {
    this.view = new X509Certificate(certificate.der)
  }

  static of (certificate: Certificate): CertificateTexts {
    const known = this.#known.get(certificate)
    if (known !== undefined) return known
    const made = new CertificateTexts(certificate)
    this.#known.set(certificate, made)
    return made
  }

  get pem (): string { return (this.#pem ??= this.view.toString()) }
  get escapedPem (): string { return (this.#escapedPem ??= encodeURIComponent(this.pem)) }
  get subject (): string { return (this.#subject ??= rfc2253Name(this.view.subject)) }
  get issuer (): string { return (this.#issuer ??= rfc2253Name(this.view.issuer)) }
  get sha1 (): string { return (this.#sha1 ??= hash('sha1', this.view.raw)) }
}

function textsOf (certificate: Certificate): CertificateTexts {
  return CertificateTexts.of(certificate)
}
