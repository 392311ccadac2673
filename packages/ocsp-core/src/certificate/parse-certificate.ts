import { hash, type KeyObject, X509Certificate } from 'node:crypto'
import { type CrlPoint, readCrlPoints } from '../crl/distribution-points.ts'
import { OcspError } from '../errors.ts'
import { oids } from '../oids.ts'
import type { Certificate } from './certificate.ts'
import { isSignedWith } from './certificate-signature.ts'
import { readExtendedKeyUsages, readIsCa, readKeyUsage, readMustStaple, readOcspUris } from './extension-values.ts'
import { type CertificateStructure, readCertificateStructure } from './structure.ts'

/**
 * Reads one DER certificate. Nothing is verified here.
 *
 * @throws OcspError `OCSP_ERR_MALFORMED`
 */
export function parseCertificate (der: Uint8Array): Certificate {
  const own = Buffer.from(der)
  try {
    return new ParsedCertificate(own, readCertificateStructure(own))
  } catch (cause) {
    throw new OcspError('OCSP_ERR_MALFORMED', { cause, detail: `not a certificate: ${cause instanceof Error ? cause.message : 'unreadable'}` })
  }
}

class ParsedCertificate implements Certificate {
  readonly der: Buffer
  readonly fingerprint: string
  readonly subjectDer: Buffer
  readonly issuerDer: Buffer
  readonly serialNumber: Buffer
  readonly serialHex: string
  readonly publicKeyBits: Buffer
  readonly publicKeyDer: Buffer
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly ocspUris: readonly string[]
  readonly crlPoints: readonly CrlPoint[]
  readonly crlUris: readonly string[]
  readonly hasCrlPoint: boolean
  readonly isCa: boolean
  readonly isSelfIssued: boolean
  readonly mustStaple: boolean
  readonly noRevAvail: boolean
  readonly ocspNoCheck: boolean
  readonly extendedKeyUsages: readonly string[]
  readonly keyUsage: ReadonlySet<number> | undefined
  readonly criticalExtensions: readonly string[]
  readonly signatureAlgorithm: CertificateStructure['signatureAlgorithm']
  readonly #structure: CertificateStructure
  #publicKey: KeyObject | undefined
  #names: Names | undefined

  constructor (der: Buffer, structure: CertificateStructure) {
    this.#structure = structure
    const { extensions } = structure
    const read = <T>(oid: string, reader: (value: Buffer) => T): T | undefined => {
      const extension = extensions.get(oid)
      return extension && reader(extension.value)
    }
    this.der = der
    this.fingerprint = hash('sha256', der)
    this.subjectDer = structure.subjectDer
    this.issuerDer = structure.issuerDer
    this.serialNumber = structure.serialNumber
    this.serialHex = structure.serialNumber.toString('hex')
    this.publicKeyBits = structure.publicKeyBits
    this.publicKeyDer = structure.publicKeyDer
    this.notBeforeMs = structure.notBeforeMs
    this.notAfterMs = structure.notAfterMs
    this.ocspUris = read(oids.authorityInfoAccess, readOcspUris) ?? []
    this.crlPoints = read(oids.crlDistributionPoints, readCrlPoints) ?? []
    this.crlUris = this.crlPoints.flatMap(({ uris }) => uris)
    this.hasCrlPoint = extensions.has(oids.crlDistributionPoints)
    this.isCa = read(oids.basicConstraints, readIsCa) ?? false
    this.isSelfIssued = structure.subjectDer.equals(structure.issuerDer)
    this.mustStaple = read(oids.tlsFeature, readMustStaple) ?? false
    this.noRevAvail = extensions.has(oids.noRevAvail)
    this.ocspNoCheck = extensions.has(oids.ocspNoCheck)
    this.extendedKeyUsages = read(oids.extendedKeyUsage, readExtendedKeyUsages) ?? []
    this.keyUsage = read(oids.keyUsage, readKeyUsage)
    this.criticalExtensions = [...extensions.values()].filter(({ critical }) => critical).map(({ oid }) => oid)
    this.signatureAlgorithm = structure.signatureAlgorithm
  }

  get publicKey (): KeyObject {
    try {
      this.#publicKey ??= this.#openssl().publicKey
      return this.#publicKey
    } catch (cause) {
      throw new OcspError('OCSP_ERR_MALFORMED', { cause, detail: 'the public key is not readable' })
    }
  }

  get subject (): string {
    return this.#displayNames().subject
  }

  get issuer (): string {
    return this.#displayNames().issuer
  }

  isSignedBy (key: KeyObject): boolean {
    try {
      return isSignedWith(this.#structure, this.der, key)
    } catch {
      return false
    }
  }

  #displayNames (): Names {
    try {
      if (this.#names === undefined) this.#openssl()
    } catch {
      // what OpenSSL does not read has no name to show
    }
    return this.#names ?? { subject: '', issuer: '' }
  }

  // OpenSSL takes longer to read a certificate than we do, so it is asked for key and names in one go. A key made from
  // the SubjectPublicKeyInfo alone takes longer still.
  #openssl (): X509Certificate {
    const view = new X509Certificate(this.der)
    this.#names = { subject: oneLine(view.subject), issuer: oneLine(view.issuer) }
    return view
  }
}

interface Names {
  readonly subject: string
  readonly issuer: string
}

// An empty name comes as undefined, whatever the type says.
const oneLine = (name: string | undefined): string => (name ?? '').split('\n').join(', ')
