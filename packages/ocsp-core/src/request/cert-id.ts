import type { Certificate } from '../certificate/certificate.ts'
import { encode, encodeOid, encodeSequence } from '../der/encode.ts'
import { tags } from '../der/tags.ts'
import { oids } from '../oids.ts'
import { digest } from './hash.ts'

/** Hashes that requests are made with. */
export type RequestHash = 'sha1' | 'sha256'

/**
 * The CertID of a certificate, in DER. Parameters are NULL for SHA-1 and absent for SHA-256 [RFC 5754 2]; the serial
 * is copied as it stands. [RFC 6960 4.1.1]
 */
export function createCertId (certificate: Certificate, issuer: Certificate, hash: RequestHash): Buffer {
  const algorithm = hash === 'sha1' ? encodeSequence(encodeOid(oids.sha1), encode(tags.null)) : encodeSequence(encodeOid(oids.sha256))
  return encodeSequence(
    algorithm,
    encode(tags.octetString, digest(hash, certificate.issuerDer)),
    encode(tags.octetString, digest(hash, issuer.publicKeyBits)),
    encode(tags.integer, certificate.serialNumber)
  )
}
