import { createHash } from 'node:crypto'
import type { Certificate } from '../certificate/certificate.ts'
import type { VerifyPolicy } from './policy.ts'

/**
 * The key under which a response is kept: issuer name, issuer key, serial, and what of the policy decides whom and what
 * to trust. A response accepted under a lax policy is not found by a strict one. Lower-case hexadecimal, fit for a file
 * name.
 */
export function statusKey (certificate: Certificate, issuer: Certificate, policy: VerifyPolicy): string {
  const { trustedResponders = [], allowSha1Signatures = false, withoutNextUpdateTtlMs = null, delegateRevocation = 'lenient' } = policy
  const trust = JSON.stringify([trustedResponders.map(({ fingerprint }) => fingerprint).toSorted(), allowSha1Signatures, withoutNextUpdateTtlMs, delegateRevocation])
  const parts = [sha256(certificate.issuerDer), sha256(issuer.publicKeyBits), certificate.serialHex, sha256(trust)]
  return sha256(parts.join(' '))
}

const sha256 = (octets: Uint8Array | string): string => createHash('sha256').update(octets).digest('hex')
