import { createHash } from 'node:crypto'
import { OCSPRequest } from 'pkijs'
import type { SigningHash } from './signing.ts'

/** What a responder reads in a request. Read with pkijs, so that our own reader is not its own witness. */
export interface ReadRequest {
  readonly count: number
  readonly hash: SigningHash
  readonly issuerNameHash: Buffer
  readonly issuerKeyHash: Buffer
  readonly serialHex: string
  readonly nonce: Buffer | undefined
}

const hashes: Readonly<Record<string, SigningHash>> = {
  '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256', '2.16.840.1.101.3.4.2.2': 'sha384', '2.16.840.1.101.3.4.2.3': 'sha512'
}

/** Throws on anything that is not an OCSPRequest. */
export function readRequest (der: Buffer): ReadRequest {
  const { requestList, requestExtensions = [] } = OCSPRequest.fromBER(new Uint8Array(der).buffer).tbsRequest
  const certId = requestList[0]?.reqCert
  if (certId === undefined) throw new Error('no request in the list')
  const extension = requestExtensions.find(({ extnID }) => extnID === '1.3.6.1.5.5.7.48.1.2')
  return {
    count: requestList.length,
    hash: hashes[certId.hashAlgorithm.algorithmId] ?? 'md5',
    issuerNameHash: Buffer.from(certId.issuerNameHash.valueBlock.valueHexView),
    issuerKeyHash: Buffer.from(certId.issuerKeyHash.valueBlock.valueHexView),
    serialHex: Buffer.from(certId.serialNumber.valueBlock.valueHexView).toString('hex'),
    // the value is an OCTET STRING in an OCTET STRING; 32 octets have a header of two
    nonce: extension && Buffer.from(extension.extnValue.valueBlock.valueHexView).subarray(2)
  }
}

export const keyHash = (hash: SigningHash, publicKeyBits: Buffer): Buffer => createHash(hash).update(publicKeyBits).digest()
