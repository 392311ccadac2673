import type { Certificate } from '../certificate/certificate.ts'
import { sameInteger } from '../der/integer.ts'
import { type CertIdHash, digest, hashOfOid } from '../request/hash.ts'
import type { SingleResponse } from './single-response.ts'

/** An entry about our certificate, and the hash its CertID was made with. */
export interface MatchingEntry extends SingleResponse {
  readonly hash: CertIdHash
}

/**
 * The entries about our certificate. Each CertID is made again from our certificate and our issuer with the hash that
 * the entry names, and compared in full: name, key, serial. Other entries are ignored. [RFC 6960 3.2(1)]
 */
export function matchingEntries (entries: readonly SingleResponse[], certificate: Certificate, issuer: Certificate): MatchingEntry[] {
  const digests = new Map<CertIdHash, IssuerDigests>()
  const ours = (hash: CertIdHash): IssuerDigests => {
    const known = digests.get(hash) ?? { name: digest(hash, certificate.issuerDer), key: digest(hash, issuer.publicKeyBits) }
    digests.set(hash, known)
    return known
  }
  return entries.flatMap(entry => {
    const { hashOid, serialNumber, issuerNameHash, issuerKeyHash } = entry.certId
    const hash = hashOfOid(hashOid)
    if (hash === undefined || !sameInteger(serialNumber, certificate.serialNumber)) return []
    const { name, key } = ours(hash)
    return issuerNameHash.equals(name) && issuerKeyHash.equals(key) ? [{ ...entry, hash }] : []
  })
}

interface IssuerDigests {
  readonly name: Buffer
  readonly key: Buffer
}
