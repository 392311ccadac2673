import type { Certificate } from '../certificate/certificate.ts'
import { isIssuedBy } from '../certificate/issuer.ts'
import { isInValidity } from '../certificate/validity.ts'
import { oids } from '../oids.ts'
import { signatureScheme } from '../signature/scheme.ts'
import { hasStrongKey } from '../signature/strong-key.ts'
import { Fault } from './fault.ts'
import type { Signer, SignerQuestion } from './signer.ts'

const digitalSignature = 0
const nonRepudiation = 1
const uncheckedLifeMs = 24 * 3_600_000

const understood: ReadonlySet<string> = new Set([
  oids.subjectKeyIdentifier, oids.keyUsage, oids.subjectAltName, oids.issuerAltName, oids.basicConstraints,
  oids.crlDistributionPoints, oids.certificatePolicies, oids.authorityKeyIdentifier, oids.extendedKeyUsage,
  oids.authorityInfoAccess, oids.ocspNoCheck
])

/**
 * Whether a certificate is a delegate of the issuer: issued by it directly, for OCSP signing, now. The issuer is the
 * very key that signed the certificate in question, not an ancestor and not a namesake. [RFC 6960 4.2.2.2]
 */
export function judgeDelegate (delegate: Certificate, question: SignerQuestion): Signer | Fault {
  return refusalOf(delegate, question) ?? judgeRevocation(delegate, question)
}

function refusalOf (delegate: Certificate, { certificate, issuer, nowMs, policy }: SignerQuestion): Fault | undefined {
  const refuse = (reason: NonNullable<Fault['reason']>, detail: string): Fault => new Fault('OCSP_ERR_SIGNER_NOT_AUTHORIZED', detail, reason)
  if (!isIssuedBy(delegate, issuer)) return refuse('issuer', 'the signer was not issued by the issuer of the certificate')
  if (!delegate.extendedKeyUsages.includes(oids.ocspSigning)) return refuse('eku', 'the signer is not marked for OCSP signing')
  if (delegate.publicKeyDer.equals(certificate.publicKeyDer)) return refuse('issuer', 'the certificate vouches for itself')
  const usage = delegate.keyUsage
  if (usage !== undefined && !usage.has(digitalSignature) && !usage.has(nonRepudiation)) return refuse('keyUsage', 'the key of the signer may not sign')
  if (delegate.isCa) return refuse('ca', 'the signer is a CA')
  if (!isInValidity(delegate, nowMs, policy.skewMs)) return refuse('validity', 'the signer is outside its validity')
  if (!hasStrongKey(delegate)) return refuse('weakKey', 'the key of the signer is too weak')
  if (signatureScheme(delegate.signatureAlgorithm, policy.allowSha1Signatures ?? false) === undefined) {
    return refuse('weakKey', 'the certificate of the signer is signed with an algorithm that is not allowed')
  }
  const strange = delegate.criticalExtensions.find(oid => !understood.has(oid))
  return strange === undefined ? undefined : new Fault('OCSP_ERR_CRITICAL_EXTENSION', `the signer has the critical extension ${strange}`)
}

// Never asked about over OCSP: the answer would be signed by the delegate itself. [RFC 6960 4.2.2.2.1]
function judgeRevocation (delegate: Certificate, { nowMs, policy }: SignerQuestion): Signer | Fault {
  const signer = { kind: 'delegate', certificate: delegate, usableEndMs: delegate.notAfterMs, warnings: [] } as const
  if (delegate.ocspNoCheck) return signer
  const status = policy.delegateStatus?.(delegate)
  if (status === 'good') return signer
  if (status === 'revoked') return new Fault('OCSP_ERR_SIGNER_NOT_AUTHORIZED', 'the signer is revoked', 'revoked')
  if (policy.delegateRevocation === 'strict') return new Fault('OCSP_ERR_SIGNER_NOT_AUTHORIZED', 'nothing says that the signer is not revoked', 'nocheck')
  const warning = `nothing says that the delegate ${delegate.subject} is not revoked: it has no nocheck and no CRL was consulted`
  return { ...signer, usableEndMs: Math.min(delegate.notAfterMs, nowMs + uncheckedLifeMs), warnings: [warning] }
}
