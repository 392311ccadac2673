import type { Certificate } from '../certificate/certificate.ts'
import { Fault } from './fault.ts'
import { matchingEntries } from './matching.ts'
import { staplePolicy } from './policy.ts'
import { readWithinLimit } from './read-within-limit.ts'
import { decidingEntry, timelyEntries } from './status.ts'
import type { TimePolicy } from './time.ts'
import type { IndeterminateVerdict } from './verdict.ts'

export interface ReadOptions extends TimePolicy {
  readonly der: Uint8Array
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly nowMs: number
  readonly maxResponseBytes?: number | undefined
}

/** What a response claims. Nobody vouches for it. Times are epoch milliseconds. */
export interface UnverifiedFacts {
  readonly kind: 'unverified'
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  readonly producedAtMs: number
  readonly usableEndMs: number
}

/**
 * For `skip_verify` only: a response that is successful, parses, is about this certificate and is in time. Signature,
 * signer, extensions and nonce are not looked at, so the result is never a verdict. Pure, never throws.
 */
export function readUnverified (options: ReadOptions): UnverifiedFacts | IndeterminateVerdict {
  try {
    const facts = read(options)
    return facts instanceof Fault ? facts.toVerdict() : facts
  } catch (error) {
    return new Fault('OCSP_ERR_MALFORMED', `not read: ${error instanceof Error ? error.message : 'unknown'}`).toVerdict()
  }
}

function read ({ der, certificate, issuer, nowMs, maxResponseBytes, ...timePolicy }: ReadOptions): UnverifiedFacts | Fault {
  const response = readWithinLimit(der, maxResponseBytes)
  if (response instanceof Fault) return response
  if (response.kind === 'refused') return new Fault(response.code)
  const { basic } = response
  const matching = matchingEntries(basic.entries, certificate, issuer)
  if (matching.length === 0) return new Fault('OCSP_ERR_CERT_ID_NOT_FOUND')
  const timely = timelyEntries(matching, basic, nowMs, { ...timePolicy, maxWindowMs: timePolicy.maxWindowMs ?? staplePolicy.maxWindowMs })
  if (timely instanceof Fault) return timely
  const deciding = decidingEntry(timely)
  if (deciding === undefined) return new Fault('OCSP_ERR_CERT_ID_NOT_FOUND')
  return {
    kind: 'unverified',
    status: deciding.entry.status.kind,
    thisUpdateMs: deciding.entry.thisUpdateMs,
    nextUpdateMs: deciding.nextUpdateMs,
    producedAtMs: basic.producedAtMs,
    usableEndMs: Math.min(deciding.usableEndMs, certificate.notAfterMs)
  }
}
