import type { Certificate } from '../certificate/certificate.ts'
import { isInValidity } from '../certificate/validity.ts'
import type { SignatureScheme } from '../signature/scheme.ts'
import { type SignatureResult, verifySignature } from '../signature/verify-signature.ts'
import type { BasicResponse } from './basic-response.ts'
import { judgeDelegate } from './delegate.ts'
import { Fault } from './fault.ts'
import type { VerifyPolicy } from './policy.ts'

/** Who signed, and with what right. `usableEndMs` is the latest end that the signer's own state allows. */
export interface Signer {
  readonly kind: 'issuer' | 'configured' | 'delegate'
  readonly certificate: Certificate
  readonly usableEndMs: number
  readonly warnings: readonly string[]
}

export interface SignerQuestion {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly nowMs: number
  readonly policy: VerifyPolicy
}

const maxTries = 4

/** The candidates whose key verifies the signature over the exact octets of tbsResponseData. [RFC 6960 3.2(2)] */
export function signersOf (basic: BasicResponse, scheme: SignatureScheme, candidates: readonly Certificate[]): Certificate[] | Fault {
  const tried = candidates.slice(0, maxTries).map(candidate => ({ candidate, result: tryKey(basic, scheme, candidate) }))
  const signers = tried.filter(({ result }) => result === 'valid').map(({ candidate }) => candidate)
  if (signers.length > 0) return signers
  return tried.every(({ result }) => result === 'mismatch')
    ? new Fault('OCSP_ERR_SIGNATURE_ALGORITHM', 'the algorithm does not fit the key of the signer')
    : new Fault('OCSP_ERR_SIGNATURE_INVALID')
}

function tryKey (basic: BasicResponse, scheme: SignatureScheme, candidate: Certificate): SignatureResult {
  try {
    return verifySignature({ scheme, key: candidate.publicKey, signed: basic.tbsDer, signature: basic.signature })
  } catch {
    return 'invalid'
  }
}

/** The first signer that may sign; a bad one beside it does not spoil the response. If none may: what ails the first. */
export function authorizedSigner (signers: readonly Certificate[], question: SignerQuestion): Signer | Fault {
  let refusal: Fault | undefined
  for (const signer of signers) {
    const judged = authorize(signer, question)
    if (!(judged instanceof Fault)) return judged
    refusal ??= judged
  }
  return refusal ?? new Fault('OCSP_ERR_SIGNER_NOT_FOUND')
}

function authorize (signer: Certificate, question: SignerQuestion): Signer | Fault {
  if (sameKey(signer, question.issuer)) return { kind: 'issuer', certificate: signer, usableEndMs: Infinity, warnings: [] }
  const listed = question.policy.trustedResponders?.filter(responder => sameKey(signer, responder)) ?? []
  return listed.length > 0 ? judgeConfigured(listed, question) : judgeDelegate(signer, question)
}

// Listed by the operator for this issuer: needs no EKU and no chain, but its validity counts.
function judgeConfigured (listed: readonly Certificate[], { nowMs, policy }: SignerQuestion): Signer | Fault {
  const valid = listed.find(responder => isInValidity(responder, nowMs, policy.skewMs))
  if (valid === undefined) return new Fault('OCSP_ERR_SIGNER_NOT_AUTHORIZED', 'the configured responder is outside its validity', 'validity')
  return { kind: 'configured', certificate: valid, usableEndMs: valid.notAfterMs, warnings: [] }
}

const sameKey = (a: Certificate, b: Certificate): boolean => a.publicKeyDer.equals(b.publicKeyDer)
