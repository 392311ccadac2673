import type { StatusVerdict, UnverifiedFacts } from '@clinch/ocsp-core'
import type { StapleMessage } from '../ipc/messages.ts'
import type { StapleTarget } from './staple-target.ts'

/** A response as it is held for one certificate. */
export interface HeldResponse {
  readonly der: Buffer
  readonly kind: 'good' | 'revoked' | 'unknown'
  /** False: let through by `skip_verify`; never shared, never kept on disk. */
  readonly verified: boolean
  readonly thisUpdateMs: number
  readonly producedAtMs: number
  readonly usableEndMs: number
  readonly fetchedAtMs: number
  /** Who signed it and with which hash it names the certificate; unknown of what was not verified. */
  readonly signer: StatusVerdict['signer']['kind'] | undefined
  readonly hash: string | undefined
}

export interface Failure {
  readonly code: string
  /** The log's words for it. */
  readonly line: string
  /** Ours. */
  readonly detail: string
  readonly sinceMs: number
}

/** Everything known of one certificate's staple; the agent alone changes it. */
export interface KeptStaple {
  target: StapleTarget
  held: HeldResponse | undefined
  failure: Failure | undefined
  /** Failures in a row. */
  failures: number
  lastTryMs: number
  lastLoggedMs: number
  /** Whose answer is held, or who failed last. */
  responder: string | undefined
  /** The share of the window that was left at the last alarm; 1 before any. */
  alarmedAt: number
}

export function keep (target: StapleTarget): KeptStaple {
  return { target, held: undefined, failure: undefined, failures: 0, lastTryMs: 0, lastLoggedMs: 0, responder: undefined, alarmedAt: 1 }
}

export function heldFromVerdict (verdict: StatusVerdict, der: Buffer, fetchedAtMs: number): HeldResponse {
  const { kind, thisUpdateMs, producedAtMs, usableEndMs, signer, hash } = verdict
  return { der, kind, verified: true, thisUpdateMs, producedAtMs, usableEndMs, fetchedAtMs, signer: signer.kind, hash }
}

export function heldUnverified (facts: UnverifiedFacts, der: Buffer, fetchedAtMs: number): HeldResponse {
  const { status, thisUpdateMs, producedAtMs, usableEndMs } = facts
  return { der, kind: status, verified: false, thisUpdateMs, producedAtMs, usableEndMs, fetchedAtMs, signer: undefined, hash: undefined }
}

/** What is held, if it may be stapled while its time lasts: good, or whatever `skip_verify` let through. */
export function sendable (held: HeldResponse | undefined): HeldResponse | undefined {
  return held !== undefined && (held.kind === 'good' || !held.verified) ? held : undefined
}

/** What the workers are to know; nothing while the very first fetch is in flight, for which handshakes may wait. */
export function messageOf ({ target, held, failure }: KeptStaple): StapleMessage | undefined {
  const { id } = target
  const staple = sendable(held)
  if (staple !== undefined) return { kind: 'hold', id, der: staple.der, thisUpdateMs: staple.thisUpdateMs, usableEndMs: staple.usableEndMs }
  if (held === undefined && failure === undefined) return undefined
  return { kind: 'nothing', id, reason: held?.kind === 'revoked' || held?.kind === 'unknown' ? held.kind : failure?.code === 'notApplicable' ? 'notApplicable' : 'failing' }
}

/** The facts of a log line: certificate, names, responder; never a subject or a serial. */
export function factsOf ({ target, responder }: KeptStaple): Record<string, unknown> {
  return { sslId: target.sslId, snis: target.snis, fingerprint: target.certificate.fingerprint, responder: responder === undefined ? undefined : URL.parse(responder)?.host }
}
