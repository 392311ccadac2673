import type { Certificate } from '@clinch/ocsp-core'
import { isoTime } from './iso-time.ts'
import type { CertificateReport } from './report.ts'

export function reportCertificate (certificate: Certificate): CertificateReport {
  const { subject, issuer, serialHex, fingerprint, notBeforeMs, notAfterMs, ocspUris, crlUris, mustStaple, noRevAvail } = certificate
  return {
    subject,
    issuer,
    serial: serialHex,
    fingerprint,
    not_before: isoTime(notBeforeMs),
    not_after: isoTime(notAfterMs),
    ocsp_urls: ocspUris,
    crl_urls: crlUris,
    must_staple: mustStaple,
    no_rev_avail: noRevAvail
  }
}
