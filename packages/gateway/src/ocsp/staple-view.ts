import type { StapleState } from '@clinch/admin-api'
import type { Failure, KeptStaple } from './kept-staple.ts'
import { stateOf } from './staple-state.ts'

/** What the APIs show of one staple: times in ISO 8601, nothing secret. */
export interface StapleView {
  readonly ssl_id: string
  readonly snis: readonly string[]
  readonly fingerprint: string
  readonly state: StapleState
  readonly must_staple: boolean
  readonly verified: boolean
  readonly this_update: string | undefined
  readonly usable_end: string | undefined
  readonly fetched_at: string | undefined
  readonly due: string | undefined
  readonly responder: string | undefined
  readonly signer: string | undefined
  readonly hash: string | undefined
  readonly last_error: { readonly code: string, readonly message: string, readonly since: string } | undefined
  readonly failures: number
}

export interface ViewedAt {
  /** Epoch milliseconds. */
  readonly nowMs: number
  readonly skewMs: number
  /** When somebody is asked again. */
  readonly dueMs: number | undefined
}

export function viewOf (kept: KeptStaple, { nowMs, skewMs, dueMs }: ViewedAt): StapleView {
  const { target, held, failure, failures, responder } = kept
  const state = stateOf(kept, nowMs, skewMs)
  return {
    ssl_id: target.sslId,
    snis: target.snis,
    fingerprint: target.certificate.fingerprint,
    state,
    must_staple: target.certificate.mustStaple,
    verified: held?.verified ?? false,
    this_update: isoTime(held?.thisUpdateMs),
    usable_end: isoTime(held?.usableEndMs),
    fetched_at: isoTime(held?.fetchedAtMs),
    due: isoTime(dueMs),
    responder,
    signer: held?.signer,
    hash: held?.hash,
    last_error: failure === undefined || state === 'not_applicable' ? undefined : { code: failure.code, message: messageOf(failure), since: new Date(failure.sinceMs).toISOString() },
    failures
  }
}

function messageOf ({ line, detail }: Failure): string {
  return line.includes(detail) ? line : `${line}: ${detail}`
}

function isoTime (epochMs: number | undefined): string | undefined {
  return epochMs === undefined ? undefined : new Date(epochMs).toISOString()
}
