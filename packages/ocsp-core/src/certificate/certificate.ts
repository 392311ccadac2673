import type { KeyObject } from 'node:crypto'
import type { CrlPoint } from '../crl/distribution-points.ts'
import type { AlgorithmIdentifier } from '../der/algorithm-identifier.ts'

/** What OCSP needs to know of an X.509 certificate. Buffers are views of `der`; nobody changes them. */
export interface Certificate {
  readonly der: Buffer
  /** SHA-256 of `der`, lower-case hexadecimal. */
  readonly fingerprint: string
  readonly subjectDer: Buffer
  readonly issuerDer: Buffer
  /** For display only: `CN=leaf.test, O=Example`. Two names are equal when their DER is. */
  readonly subject: string
  readonly issuer: string
  /** Content octets of the INTEGER, whatever its length or sign. */
  readonly serialNumber: Buffer
  readonly serialHex: string
  /** Content of the subjectPublicKey BIT STRING without the unused-bits octet. */
  readonly publicKeyBits: Buffer
  /** The SubjectPublicKeyInfo. */
  readonly publicKeyDer: Buffer
  /** Made on first use; throws `OCSP_ERR_MALFORMED` for a key that node:crypto does not know. */
  readonly publicKey: KeyObject
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** id-ad-ocsp URIs of the AIA in order, all schemes. */
  readonly ocspUris: readonly string[]
  readonly crlPoints: readonly CrlPoint[]
  /** Of the full names of all points, all schemes. */
  readonly crlUris: readonly string[]
  /** Whether there is a CRL distribution point at all, readable or not. */
  readonly hasCrlPoint: boolean
  readonly isCa: boolean
  readonly isSelfIssued: boolean
  /** TLS Feature with status_request (5). [RFC 7633] */
  readonly mustStaple: boolean
  /** RFC 9608. */
  readonly noRevAvail: boolean
  /** id-pkix-ocsp-nocheck. [RFC 6960 4.2.2.2.1] */
  readonly ocspNoCheck: boolean
  /** OIDs in dotted form; empty when the extension is absent. */
  readonly extendedKeyUsages: readonly string[]
  /** Numbers of the bits that are set; undefined when the extension is absent. [RFC 5280 4.2.1.3] */
  readonly keyUsage: ReadonlySet<number> | undefined
  /** OIDs of the extensions marked critical. */
  readonly criticalExtensions: readonly string[]
  readonly signatureAlgorithm: AlgorithmIdentifier
  /** Whether `key` verifies the signature. Never throws. */
  isSignedBy (key: KeyObject): boolean
}
