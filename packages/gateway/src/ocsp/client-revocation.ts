import { isIssuedBy, parsePemCertificates, statusKey, verifyResponse, type Certificate, type StatusVerdict, type VerifyPolicy } from '@clinch/ocsp-core'

/** A `revoked` with all that is needed to verify it again. */
export interface Revocation {
  readonly certificate: Certificate
  readonly issuer: Certificate
  /** The response. */
  readonly der: Buffer
  /** When it was verified first, epoch milliseconds. */
  readonly verifiedAtMs: number
}

export interface FoundRevocation {
  readonly kind: 'revoked'
  readonly revocation: Revocation
  readonly verdict: StatusVerdict
}

export type ReadRevocation = FoundRevocation | { readonly kind: 'rejected', readonly reason: string }

/** Text that openssl can look at too: the client's certificate, its issuer, the response. */
export function writeRevocation ({ certificate, issuer, der, verifiedAtMs }: Revocation): string {
  const blocks = [pem('CERTIFICATE', certificate.der), pem('CERTIFICATE', issuer.der), pem(label, der)]
  return `verified ${new Date(verifiedAtMs).toISOString()}\n${blocks.join('')}`
}

/**
 * Nothing in the file is believed: the issuer must have signed the certificate, and the response must verify from scratch.
 * It is judged at the instant at which it was verified first, since a revocation holds past its nextUpdate; whoever
 * changes that instant can only make up a revocation that the CA had signed.
 */
export function readRevocation (text: string, policy: VerifyPolicy, nowMs: number): ReadRevocation {
  try {
    const verifiedAtMs = Date.parse(/^verified (\S+)\n/.exec(text)?.[1] ?? '')
    const [certificate, issuer, ...rest] = parsePemCertificates(text.replace(responseBlock, ''))
    const der = Buffer.from(responseBlock.exec(text)?.[1] ?? '', 'base64')
    if (certificate === undefined || issuer === undefined || rest.length > 0) return rejected('there are not two certificates in it')
    if (!(verifiedAtMs <= nowMs + policy.skewMs)) return rejected('it was verified at no time that has been')
    if (!isIssuedBy(certificate, issuer)) return rejected('its issuer did not sign its certificate')
    const verdict = verifyResponse({ der, certificate, issuer, nowMs: verifiedAtMs, policy: { ...policy, nonce: 'off' } })
    if (verdict.kind === 'indeterminate') return rejected(verdict.code)
    if (verdict.kind !== 'revoked') return rejected(`its response says ${verdict.kind}`)
    return { kind: 'revoked', revocation: { certificate, issuer, der, verifiedAtMs }, verdict }
  } catch (error) {
    return rejected(error instanceof Error ? error.message : 'it cannot be read')
  }
}

/** The name of its file. Without the policy: what is read is verified again under the one that is in force. */
export function revocationName (certificate: Certificate, issuer: Certificate): string {
  return statusKey(certificate, issuer, { skewMs: 0 })
}

const label = 'OCSP RESPONSE'
const responseBlock = /-----BEGIN OCSP RESPONSE-----\n([A-Za-z0-9+/=\n]+)-----END OCSP RESPONSE-----\n/

function pem (name: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${name}-----\n${lines.join('\n')}\n-----END ${name}-----\n`
}

function rejected (reason: string): ReadRevocation {
  return { kind: 'rejected', reason }
}
