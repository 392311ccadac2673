import type { Certificate } from '../certificate/certificate.ts'
import { encode, encodeOid, encodeSequence } from '../der/encode.ts'
import { contextConstructed, tags } from '../der/tags.ts'
import { oids } from '../oids.ts'
import { createCertId, type RequestHash } from './cert-id.ts'

export interface RequestOptions {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly hash: RequestHash
  /** 32 octets from a CSPRNG, fresh for each attempt; left out by default, because it defeats every cache. [RFC 9654 2.1] */
  readonly nonce?: Uint8Array | undefined
}

/**
 * An OCSPRequest in DER: one Request, no name, no signature, version left at its default. The same input gives the
 * same octets. [RFC 9919 3.1]
 */
export function buildRequest ({ certificate, issuer, hash, nonce }: RequestOptions): Buffer {
  const requestList = encodeSequence(encodeSequence(createCertId(certificate, issuer, hash)))
  const tbsRequest = nonce === undefined ? encodeSequence(requestList) : encodeSequence(requestList, nonceExtensions(nonce))
  return encodeSequence(tbsRequest)
}

function nonceExtensions (nonce: Uint8Array): Buffer {
  const wrapped = encode(tags.octetString, encode(tags.octetString, nonce))
  return encode(contextConstructed(2), encodeSequence(encodeSequence(encodeOid(oids.ocspNonce), wrapped)))
}
