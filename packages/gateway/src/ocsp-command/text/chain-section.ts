import type { CertificateReport } from '../report/report.ts'
import type { Section } from './layout.ts'
import { timeWords } from '../report/time-words.ts'

/** Every certificate with where its status can be had. */
export function chainSection (title: string, chain: readonly CertificateReport[]): Section {
  return {
    title,
    rows: chain.flatMap((certificate, index) => [
      [`${index} ${certificate.subject === '' ? '(no subject)' : certificate.subject}`],
      ['  issuer', certificate.issuer],
      ['  serial', certificate.serial],
      ['  valid', `${timeWords(certificate.not_before)} to ${timeWords(certificate.not_after)}`],
      ['  OCSP', ...orNone(certificate.ocsp_urls)],
      ['  CRL', ...orNone(certificate.crl_urls)],
      ...(certificate.must_staple ? [['  demands', 'a staple (RFC 7633)'] as const] : []),
      ...(certificate.no_rev_avail ? [['  says', 'there is no revocation information (RFC 9608)'] as const] : [])
    ])
  }
}

const orNone = (urls: readonly string[]): readonly string[] => urls.length === 0 ? ['none'] : urls
