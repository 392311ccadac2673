import type { Certificate } from '../certificate/certificate.ts'
import { parseCertificate } from '../certificate/parse-certificate.ts'
import { digest } from '../request/hash.ts'
import type { BasicResponse, ResponderId } from './basic-response.ts'

/**
 * Certificates that answer to the responderID: the issuer, the configured responders, the embedded certificates, in
 * this order. Being embedded earns nothing, nor does the position; what does not parse is passed over.
 * [RFC 6960 4.2.1, RFC 9919 3.2.2]
 */
export function signerCandidates (basic: BasicResponse, issuer: Certificate, configured: readonly Certificate[]): Certificate[] {
  const embedded = basic.certificateDers.flatMap(parsedOrNothing)
  const distinct = new Map([issuer, ...configured, ...embedded].map(candidate => [candidate.fingerprint, candidate]))
  return [...distinct.values()].filter(candidate => answersTo(candidate, basic.responderId))
}

function answersTo (candidate: Certificate, responderId: ResponderId): boolean {
  switch (responderId.kind) {
    case 'byName': return candidate.subjectDer.equals(responderId.nameDer)
    case 'byKey': return digest('sha1', candidate.publicKeyBits).equals(responderId.keyHash)
  }
}

function parsedOrNothing (der: Buffer): Certificate[] {
  try {
    return [parseCertificate(der)]
  } catch {
    return []
  }
}
