import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { TrustReport } from './report.ts'

export interface TrustFacts {
  readonly leaf: X509Certificate
  /** The name that was asked for, else the address. */
  readonly name: string
  readonly chainError: string | undefined
  readonly anchors: TrustReport['anchors']
}

const explanations: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'the chain ends in a root that is not among the trust anchors'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'an issuer is neither sent nor among the trust anchors'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the issuer of the last certificate is not among the trust anchors'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the issuer is neither sent nor among the trust anchors'],
  ['CERT_HAS_EXPIRED', 'a certificate has expired'],
  ['CERT_NOT_YET_VALID', 'a certificate is not valid yet'],
  ['CERT_SIGNATURE_FAILURE', 'a signature does not verify'],
  ['INVALID_PURPOSE', 'the certificate is not for servers'],
  ['INVALID_CA', 'an issuer is no CA']
])

/** Whether chain and name would be taken; told apart from revocation. */
export function reportTrust ({ leaf, name, chainError, anchors }: TrustFacts): TrustReport {
  return {
    trusted: chainError === undefined,
    ...(chainError === undefined ? { detail: 'the chain leads to a trust anchor' } : { code: chainError, detail: explanations.get(chainError) ?? 'the chain does not verify' }),
    anchors,
    name,
    name_matches: (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined
  }
}
