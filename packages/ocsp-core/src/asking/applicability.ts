import type { Certificate } from '../certificate/certificate.ts'
import { isIssuedBy } from '../certificate/issuer.ts'
import { oids } from '../oids.ts'
import type { IndeterminateOutcome, NotApplicableOutcome } from './ask-outcome.ts'

export interface AskedPair {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly responders: readonly string[]
}

/**
 * What keeps a status from being asked for: nothing to ask about, or something wrong with the pair. undefined means:
 * ask. [RFC 9919 4.2, RFC 9608 3 and 4, RFC 6960 4.2.2.2.1]
 */
export function reasonNotToAsk ({ certificate, issuer, responders }: AskedPair, nowMs: number): NotApplicableOutcome | IndeterminateOutcome | undefined {
  if (certificate.isSelfIssued && isIssuedBy(certificate, certificate)) return { kind: 'notApplicable', reason: 'trustAnchor' }
  if (certificate.noRevAvail) {
    return certificate.ocspUris.length > 0 || certificate.hasCrlPoint
      ? { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED', detail: 'the certificate has noRevAvail beside a source of revocation' }
      : { kind: 'notApplicable', reason: 'noRevAvail' }
  }
  if (certificate.ocspNoCheck && certificate.extendedKeyUsages.includes(oids.ocspSigning)) return { kind: 'notApplicable', reason: 'nocheck' }
  if (!isIssuedBy(certificate, issuer)) return { kind: 'indeterminate', code: 'OCSP_ERR_ISSUER_NOT_FOUND', detail: 'the given issuer did not sign the certificate' }
  if (nowMs > certificate.notAfterMs) return { kind: 'indeterminate', code: 'OCSP_ERR_EXPIRED', detail: 'the certificate has expired' }
  return responders.length === 0 ? { kind: 'notApplicable', reason: 'noResponder' } : undefined
}
