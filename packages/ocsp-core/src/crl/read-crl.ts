import type { Certificate } from '../certificate/certificate.ts'
import { DerFault } from '../der/fault.ts'
import type { Extensions } from '../der/extensions.ts'
import { readInteger } from '../der/integer.ts'
import { DerCursor } from '../der/cursor.ts'
import { tags } from '../der/tags.ts'
import { oids } from '../oids.ts'
import type { VerifyPolicy } from '../response/policy.ts'
import { CriticalExtensionFault } from './critical-extension-fault.ts'
import type { Crl } from './crl.ts'
import { readEntries } from './entries.ts'
import { type CrlFailure, crlFailed } from './errors.ts'
import { readCrlFrame } from './frame.ts'
import { readCrlScope, unlimitedScope } from './scope.ts'
import { signerOf } from './signer.ts'

/** What of the policy of OCSP responses counts for CRLs too. */
export type CrlPolicy = Pick<VerifyPolicy, 'skewMs' | 'maxWindowMs' | 'maxAgeMs' | 'withoutNextUpdateTtlMs' | 'allowSha1Signatures'>

export interface ReadCrlOptions {
  /** One CRL in DER. */
  readonly der: Buffer
  /** Of the certificates in question, found by findIssuer. */
  readonly issuer: Certificate
  /** Certificates of those whom a distribution point names as issuers of its CRL. They earn nothing by being here. */
  readonly crlIssuers?: readonly Certificate[] | undefined
  /** For the validity of a crlIssuer; the times of the CRL are judged at every use. */
  readonly nowMs: number
  readonly policy: CrlPolicy
  readonly maxBytes?: number | undefined
}

export type CrlReading = { readonly kind: 'crl', readonly crl: Crl } | CrlFailure

export const defaultMaxCrlBytes = 20 * 1024 * 1024

/**
 * Reads a complete CRL: strict DER, signature, signer, extensions, then the entries into a sorted table. Nothing of it is
 * trusted, and no entry looked at, before the signature has been verified. Times are left to whoever uses it. Pure, never
 * throws; the work grows with the octets and no faster. [RFC 5280 5.1, 5.2, 6.3.3]
 */
export function readCrl (options: ReadCrlOptions): CrlReading {
  const { der, maxBytes = defaultMaxCrlBytes } = options
  if (der.length > maxBytes) return crlFailed('CRL_ERR_TOO_LARGE', `${der.length} octets, at most ${maxBytes} are allowed`)
  try {
    return readSigned(options)
  } catch (error) {
    if (error instanceof DerFault) return crlFailed('CRL_ERR_MALFORMED', error.message, error.offset)
    if (error instanceof CriticalExtensionFault) return crlFailed('CRL_ERR_CRITICAL_EXTENSION', `the CRL has ${error.message}`)
    return crlFailed('CRL_ERR_MALFORMED', `not examined: ${error instanceof Error ? error.message : 'unknown'}`)
  }
}

function readSigned ({ der, issuer, crlIssuers = [], nowMs, policy }: ReadCrlOptions): CrlReading {
  const frame = readCrlFrame(der)
  const signer = signerOf(frame, { issuer, crlIssuers, nowMs, policy })
  if (signer.kind === 'failed') return signer
  const { extensions, issuerDer, thisUpdateMs, nextUpdateMs } = frame
  if (extensions.has(oids.deltaCrlIndicator)) return crlFailed('CRL_ERR_DELTA')
  refuseStrangers(extensions)
  const issuingPoint = extensions.get(oids.issuingDistributionPoint)
  const scope = issuingPoint === undefined ? unlimitedScope : readCrlScope(issuingPoint)
  return {
    kind: 'crl',
    crl: {
      ...readEntries(frame.entries, issuerDer, scope.isIndirect),
      issuerDer: Buffer.from(issuerDer),
      signer,
      thisUpdateMs,
      nextUpdateMs,
      number: numberOf(extensions),
      scope: { ...scope, pointNames: scope.pointNames?.map(name => Buffer.from(name)) } // lets the octets go
    }
  }
}

const understood: ReadonlySet<string> = new Set([oids.authorityKeyIdentifier, oids.issuerAltName, oids.crlNumber, oids.issuingDistributionPoint])

function refuseStrangers (extensions: Extensions): void {
  for (const { oid, critical } of extensions.values()) if (critical && !understood.has(oid)) throw new CriticalExtensionFault(oid)
}

function numberOf (extensions: Extensions): string | undefined {
  const extension = extensions.get(oids.crlNumber)
  return extension && readInteger(DerCursor.whole(extension.value, tags.integer, 'cRLNumber')).toString('hex')
}
