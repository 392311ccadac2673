import type { Certificate } from './certificate.ts'

/**
 * The candidate that issued `certificate`: its subject is the issuer name, octet for octet, and its key verifies the
 * signature. A namesake with another key is passed over. A self-signed root finds itself.
 */
export function findIssuer (certificate: Certificate, candidates: readonly Certificate[]): Certificate | undefined {
  return candidates.find(candidate => isIssuedBy(certificate, candidate))
}

/** Whether `issuer` signed `certificate`, judged by name and signature; times and usages are not looked at. */
export function isIssuedBy (certificate: Certificate, issuer: Certificate): boolean {
  if (!certificate.issuerDer.equals(issuer.subjectDer)) return false
  try {
    return certificate.isSignedBy(issuer.publicKey)
  } catch {
    return false
  }
}
