import { askAgainMs, type KeptError, type KeptRevocation, type KeptStatus } from './client-kept.ts'
import { responderHost } from './client-question.ts'

/** What an operator may see of one client certificate; times in ISO 8601. Its subject stays where it is. */
export interface ClientView {
  /** SHA-256, lower-case hexadecimal. */
  readonly fingerprint: string
  readonly state: 'good' | 'revoked' | 'unknown' | 'indeterminate' | 'notApplicable'
  /** `disk`: verified again after a start, and not confirmed by a responder since. */
  readonly source: 'ocsp' | 'crl' | 'disk' | undefined
  /** Since when it is in this state, as far as this process knows. */
  readonly since: string
  readonly this_update: string | undefined
  readonly usable_end: string | undefined
  /** Until then nobody is asked. */
  readonly known_until: string
  /** The host that was asked. */
  readonly responder: string | undefined
  readonly ssl_id: string | undefined
  /** Why there is no verdict, or why there is nothing to ask. */
  readonly code: string | undefined
}

export function viewOfKept (kept: KeptStatus | KeptRevocation): ClientView {
  const { fingerprint, verdict, sinceMs, sslId, askedOf } = kept
  const maxAgeMs = 'question' in kept ? kept.question.maxAgeMs : Infinity
  const isFound = verdict.kind !== 'notApplicable'
  return {
    fingerprint,
    state: verdict.kind,
    source: !isFound ? undefined : askedOf === undefined ? 'disk' : verdict.source === 'crl' ? 'crl' : 'ocsp',
    since: isoTime(sinceMs),
    this_update: isFound ? isoTime(verdict.thisUpdateMs) : undefined,
    usable_end: isFound ? isoTime(verdict.usableEndMs) : undefined,
    known_until: isoTime(askAgainMs(kept, maxAgeMs)),
    responder: responderHost(askedOf),
    ssl_id: sslId,
    code: isFound ? undefined : verdict.reason
  }
}

export function viewOfError ({ fingerprint, verdict, sinceMs, untilMs, responder, sslId }: KeptError): ClientView {
  return {
    fingerprint,
    state: 'indeterminate',
    source: undefined,
    since: isoTime(sinceMs),
    this_update: undefined,
    usable_end: undefined,
    known_until: isoTime(untilMs),
    responder: responderHost(responder),
    ssl_id: sslId,
    code: verdict.code
  }
}

function isoTime (epochMs: number): string {
  return new Date(epochMs).toISOString()
}
