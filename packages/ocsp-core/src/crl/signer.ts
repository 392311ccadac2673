import type { Certificate } from '../certificate/certificate.ts'
import { isIssuedBy } from '../certificate/issuer.ts'
import { isInValidity } from '../certificate/validity.ts'
import { type SignatureScheme, signatureScheme } from '../signature/scheme.ts'
import { hasStrongKey } from '../signature/strong-key.ts'
import { type SignatureResult, verifySignature } from '../signature/verify-signature.ts'
import type { Crl } from './crl.ts'
import { type CrlFailure, crlFailed } from './errors.ts'
import type { CrlFrame } from './frame.ts'
import type { CrlPolicy } from './read-crl.ts'

export interface CrlSignerQuestion {
  readonly issuer: Certificate
  readonly crlIssuers: readonly Certificate[]
  readonly nowMs: number
  readonly policy: CrlPolicy
}

interface Candidate {
  readonly kind: Crl['signer']['kind']
  readonly certificate: Certificate
}

const cRLSign = 6
const maxTries = 4

/**
 * Who signed a CRL: the issuer of the certificates in question, or a stated cRLIssuer. The key has to be that of a
 * certificate with the name in the CRL; a namesake's signature does not verify. [RFC 5280 6.3.3 (f), (g)]
 */
export function signerOf (frame: CrlFrame, question: CrlSignerQuestion): Crl['signer'] | CrlFailure {
  const { signatureAlgorithm, innerAlgorithmDer, outerAlgorithmDer, issuerDer } = frame
  const scheme = signatureScheme(signatureAlgorithm, question.policy.allowSha1Signatures ?? false)
  if (scheme === undefined) return crlFailed('CRL_ERR_SIGNATURE_ALGORITHM', `the algorithm ${signatureAlgorithm.oid} is not allowed`)
  if (!innerAlgorithmDer.equals(outerAlgorithmDer)) return crlFailed('CRL_ERR_MALFORMED', 'two signature algorithms')
  const namesakes = candidatesOf(question).filter(({ certificate }) => certificate.subjectDer.equals(issuerDer)).slice(0, maxTries)
  if (namesakes.length === 0) return crlFailed('CRL_ERR_ISSUER_MISMATCH')
  const results = namesakes.map(candidate => ({ candidate, result: tryKey(frame, scheme, candidate) }))
  const signers = results.filter(({ result }) => result === 'valid').map(({ candidate }) => candidate)
  if (signers.length === 0) {
    return results.every(({ result }) => result === 'mismatch') ? crlFailed('CRL_ERR_SIGNATURE_ALGORITHM', 'the algorithm does not fit the key of the signer') : crlFailed('CRL_ERR_SIGNATURE_INVALID')
  }
  const refusals = signers.map(signer => refusalOf(signer, question))
  const at = refusals.indexOf(undefined)
  const signer = signers[at]
  return signer === undefined ? crlFailed('CRL_ERR_SIGNER_NOT_AUTHORIZED', refusals[0]) : factsOf(signer)
}

function tryKey ({ tbsDer, signature }: CrlFrame, scheme: SignatureScheme, { certificate }: Candidate): SignatureResult {
  try {
    return verifySignature({ scheme, key: certificate.publicKey, signed: tbsDer, signature })
  } catch {
    return 'invalid' // a key that node:crypto does not know
  }
}

const candidatesOf = ({ issuer, crlIssuers }: CrlSignerQuestion): Candidate[] => [
  { kind: 'issuer', certificate: issuer },
  ...crlIssuers.map(certificate => ({ kind: 'crlIssuer', certificate }) as const)
]

// A stated cRLIssuer has to stand on the path of the issuer itself: issued by it, or above it, so that one trust anchor
// vouches for both.
function refusalOf ({ kind, certificate }: Candidate, { issuer, nowMs, policy }: CrlSignerQuestion): string | undefined {
  if (kind === 'issuer') return certificate.keyUsage?.has(cRLSign) === false ? 'the issuer may not sign CRLs' : undefined
  if (certificate.keyUsage?.has(cRLSign) !== true) return 'the stated cRLIssuer is not marked for signing CRLs'
  if (!isIssuedBy(certificate, issuer) && !isIssuedBy(issuer, certificate)) return 'the stated cRLIssuer has nothing to do with the issuer'
  if (!isInValidity(certificate, nowMs, policy.skewMs)) return 'the stated cRLIssuer is outside its validity'
  return hasStrongKey(certificate) ? undefined : 'the key of the stated cRLIssuer is too weak'
}

function factsOf ({ kind, certificate: { subject, fingerprint, notAfterMs } }: Candidate): Crl['signer'] {
  return { kind, subject, fingerprint, notAfterMs }
}
