import type { Certificate } from '../certificate/certificate.ts'
import { sameInteger } from '../der/integer.ts'
import { type CertIdHash, digest, hashOfOid } from '../request/hash.ts'
import type { CertId, SingleResponse } from './single-response.ts'

/** An entry about our certificate, and the hash its CertID was made with. */
export interface MatchingEntry extends SingleResponse {
  readonly hash: CertIdHash
}

/**
 * The entries about our certificate. Each CertID is made again from our certificate and our issuer with the hash that
 * the entry names, and compared in full: name, key, serial. Other entries are ignored. [RFC 6960 3.2(1)]
 */
export function matchingEntries (entries: readonly SingleResponse[], certificate: Certificate, issuer: Certificate): MatchingEntry[] {
  return entries.flatMap(entry => {
    const hash = hashOfOid(entry.certId.hashOid)
    return hash !== undefined && isAbout(entry.certId, hash, certificate, issuer) ? [{ ...entry, hash }] : []
  })
}

function isAbout (certId: CertId, hash: CertIdHash, certificate: Certificate, issuer: Certificate): boolean {
  return sameInteger(certId.serialNumber, certificate.serialNumber) &&
    certId.issuerNameHash.equals(digest(hash, certificate.issuerDer)) &&
    certId.issuerKeyHash.equals(digest(hash, issuer.publicKeyBits))
}
