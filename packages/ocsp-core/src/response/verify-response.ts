import { examine, type VerifyOptions } from './examine.ts'
import type { Verdict } from './verdict.ts'

const unheard = (): void => {}

/**
 * Judges a response by sections 5 and 6 of the rules: strict DER, signature, signer, critical extensions, nonce,
 * CertID, time, status. Pure, and never throws: what is not proved is `indeterminate` with a code.
 *
 * @returns `good`, `revoked` or `unknown` with times in epoch milliseconds, or `indeterminate` with an OcspErrorCode
 */
export function verifyResponse (options: VerifyOptions): Verdict {
  return examine(options, unheard)
}
