import type { Certificate } from '../certificate/certificate.ts'
import { signatureScheme } from '../signature/scheme.ts'
import { signerCandidates } from './candidates.ts'
import { criticalExtensionFault } from './critical-extensions.ts'
import { Fault } from './fault.ts'
import { matchingEntries } from './matching.ts'
import { nonceFault } from './nonce.ts'
import type { VerifyPolicy } from './policy.ts'
import { readWithinLimit } from './read-within-limit.ts'
import { authorizedSigner, type Signer, signersOf } from './signer.ts'
import { decidingEntry, statusFacts, timelyEntries } from './status.ts'
import type { StatusVerdict, Verdict } from './verdict.ts'

export interface VerifyOptions {
  /** The OCSPResponse as it came. */
  readonly der: Uint8Array
  /** The certificate in question and the one that issued it, found by findIssuer. */
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly nowMs: number
  readonly policy: VerifyPolicy
  /** The nonce of the request; undefined when there was none. */
  readonly nonceSent?: Uint8Array | undefined
}

/**
 * Section 6 from top to bottom. The verdict starts as indeterminate and only the last line makes it anything else.
 * `passed` hears of each step that passed, so that explaining is the same walk as verifying. Never throws.
 */
export function examine (options: VerifyOptions, passed: (step: number) => void): Verdict {
  try {
    const outcome = walk(options, passed)
    return outcome instanceof Fault ? outcome.toVerdict() : outcome
  } catch (error) {
    return new Fault('OCSP_ERR_MALFORMED', `not examined: ${error instanceof Error ? error.message : 'unknown'}`).toVerdict()
  }
}

function walk ({ der, certificate, issuer, nowMs, policy, nonceSent }: VerifyOptions, passed: (step: number) => void): StatusVerdict | Fault {
  const response = readWithinLimit(der, policy.maxResponseBytes)
  if (response instanceof Fault) return response
  passed(1)
  if (response.kind === 'refused') return new Fault(response.code)
  passed(2)
  const { basic } = response
  const scheme = signatureScheme(basic.signatureAlgorithm, policy.allowSha1Signatures ?? false)
  if (scheme === undefined) return new Fault('OCSP_ERR_SIGNATURE_ALGORITHM', `the algorithm ${basic.signatureAlgorithm.oid} is not allowed`)
  passed(3)
  const candidates = signerCandidates(basic, issuer, policy.trustedResponders ?? [])
  if (candidates.length === 0) return new Fault('OCSP_ERR_SIGNER_NOT_FOUND')
  passed(4)
  const signers = signersOf(basic, scheme, candidates)
  if (signers instanceof Fault) return signers
  passed(5)
  const signer = authorizedSigner(signers, { certificate, issuer, nowMs, policy })
  if (signer instanceof Fault) return signer
  passed(6)
  const matching = matchingEntries(basic.entries, certificate, issuer)
  const criticalFault = criticalExtensionFault(basic, matching)
  if (criticalFault !== undefined) return criticalFault
  passed(7)
  const nonceProblem = nonceFault(basic.extensions, nonceSent, policy)
  if (nonceProblem !== undefined) return nonceProblem
  passed(8)
  if (matching.length === 0) return new Fault('OCSP_ERR_CERT_ID_NOT_FOUND')
  passed(9)
  const timely = timelyEntries(matching, basic, nowMs, policy)
  if (timely instanceof Fault) return timely
  passed(10)
  const deciding = decidingEntry(timely)
  if (deciding === undefined) return new Fault('OCSP_ERR_CERT_ID_NOT_FOUND')
  passed(11)
  const usableEndMs = Math.min(deciding.usableEndMs, signer.usableEndMs, certificate.notAfterMs)
  return {
    source: 'ocsp',
    ...statusFacts(deciding.entry, basic),
    thisUpdateMs: deciding.entry.thisUpdateMs,
    nextUpdateMs: deciding.nextUpdateMs,
    producedAtMs: basic.producedAtMs,
    usableEndMs,
    signer: signerFacts(signer),
    withinTolerance: !(nowMs < usableEndMs),
    warnings: signer.warnings
  }
}

const signerFacts = ({ kind, certificate }: Signer): StatusVerdict['signer'] => ({ kind, subject: certificate.subject })
