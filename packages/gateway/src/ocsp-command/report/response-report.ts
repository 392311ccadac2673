import type { StatusVerdict } from '@clinch/ocsp-core'
import { isoTime } from './iso-time.ts'
import type { ResponseReport } from './report.ts'

const rights = {
  issuer: 'it is the key that issued the certificate (RFC 6960 4.2.2.2)',
  delegate: 'the issuer itself issued it, for OCSP signing (RFC 6960 4.2.2.2)',
  configured: 'it was named as a responder for this issuer (RFC 6960 4.2.2.2)'
} as const satisfies Record<StatusVerdict['signer']['kind'], string>

/** What a response says, and with what right. */
export function reportResponse (verdict: StatusVerdict, nowMs: number): ResponseReport {
  const { kind, thisUpdateMs, nextUpdateMs, producedAtMs, usableEndMs, signer, hash, revokedAtMs, reason, detail, warnings } = verdict
  return {
    status: kind,
    this_update: isoTime(thisUpdateMs),
    next_update: isoTime(nextUpdateMs),
    produced_at: isoTime(producedAtMs),
    usable_end: isoTime(usableEndMs),
    seconds_left: Math.round((usableEndMs - nowMs) / 1000),
    window_seconds: Math.round((usableEndMs - thisUpdateMs) / 1000),
    signer: { ...signer, why: rights[signer.kind] },
    hash,
    ...(revokedAtMs === undefined ? {} : { revoked_at: isoTime(revokedAtMs) }),
    ...(reason === undefined ? {} : { revocation_reason: reason }),
    ...(detail === undefined ? {} : { not_issued: true }),
    warnings
  }
}
