import type { OcspErrorCode } from '../errors.ts'
import { examine, type VerifyOptions } from './examine.ts'

/** One rule of section 6 and how it went. */
export interface ExplainedStep {
  readonly step: number
  readonly rule: string
  readonly outcome: 'passed' | 'failed' | 'not reached'
  readonly code?: OcspErrorCode
  readonly detail?: string
  /** The RFC sections that the rule comes from. */
  readonly source: string
}

const rules = [
  { rule: 'the response is small enough and strict DER', source: 'RFC 6960 4.2.1' },
  { rule: 'responseStatus is successful', source: 'RFC 6960 2.3' },
  { rule: 'the signature algorithm is allowed', source: 'RFC 6960 4.3' },
  { rule: 'somebody known answers to the responderID', source: 'RFC 6960 4.2.1, RFC 9919 3.2.2' },
  { rule: 'the signature verifies over the exact octets', source: 'RFC 6960 3.2(2)' },
  { rule: 'the signer is the issuer, a configured responder or a delegate of the issuer', source: 'RFC 6960 3.2(3)(4), 4.2.2.2' },
  { rule: 'every critical extension is understood', source: 'RFC 6960 4.4, RFC 5280 4.2' },
  { rule: 'the nonce, if one was sent, is the one that came back', source: 'RFC 9654, RFC 9919 5' },
  { rule: 'an entry matches the certificate by issuer name, issuer key and serial', source: 'RFC 6960 3.2(1)' },
  { rule: 'a matching entry is in time', source: 'RFC 6960 3.2(5)(6), 4.2.2.1, RFC 9919 5' },
  { rule: 'the strictest entry decides', source: 'RFC 6960 2.2' }
] as const

/** Every step of verifyResponse with its outcome: the same walk, watched. Pure, never throws. */
export function explainResponse (options: VerifyOptions): readonly ExplainedStep[] {
  let lastPassed = 0
  const verdict = examine(options, step => { lastPassed = step })
  return rules.map(({ rule, source }, index): ExplainedStep => {
    const step = index + 1
    if (step <= lastPassed) return step === rules.length ? { step, rule, outcome: 'passed', detail: verdict.kind, source } : { step, rule, outcome: 'passed', source }
    if (step > lastPassed + 1 || verdict.kind !== 'indeterminate') return { step, rule, outcome: 'not reached', source }
    const detail = verdict.reason === undefined ? verdict.detail : `${verdict.detail} (${verdict.reason})`
    return { step, rule, outcome: 'failed', code: verdict.code, detail, source }
  })
}
