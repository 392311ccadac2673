import type { KeptCrl } from './crl-kept.ts'
import { shownPlace } from './crl-source.ts'

/** What an operator may see of one CRL; times in ISO 8601. Of a URL the host is shown, never the path. */
export interface CrlView {
  /** The first 16 digits of the name of its file on disk; metrics and log lines have it too. */
  readonly id: string
  /** Host, or path of a file. */
  readonly place: string
  readonly issuer: string
  /** `loading`: nothing came of it yet; `failing`: there is none. `expired` proves only what it lists. */
  readonly state: 'loading' | 'current' | 'expired' | 'failing'
  readonly this_update: string | undefined
  readonly next_update: string | undefined
  /** Certificates that it lists. */
  readonly entries: number | undefined
  readonly number: string | undefined
  readonly fetched_at: string | undefined
  /** When it is fetched again. */
  readonly due: string | undefined
  readonly last_error: { readonly code: string, readonly message: string, readonly since: string } | undefined
  /** In a row. */
  readonly failures: number
}

export function viewOfCrl (kept: KeptCrl, dueMs: number | undefined, nowMs: number): CrlView {
  const { key, source, crl, failure, failures, fetchedAtMs } = kept
  return {
    id: key.slice(0, 16),
    place: shownPlace(source),
    issuer: source.issuer.fingerprint,
    state: stateOf(kept, nowMs),
    this_update: isoTime(crl?.thisUpdateMs),
    next_update: isoTime(crl?.nextUpdateMs),
    entries: crl?.table.size,
    number: crl?.number,
    fetched_at: crl === undefined ? undefined : isoTime(fetchedAtMs),
    due: isoTime(dueMs),
    last_error: failure === undefined ? undefined : { code: failure.code, message: failure.detail, since: new Date(failure.sinceMs).toISOString() },
    failures
  }
}

export function stateOf ({ crl, isFirstOver }: KeptCrl, nowMs: number): CrlView['state'] {
  if (crl !== undefined) return (crl.nextUpdateMs ?? Infinity) <= nowMs ? 'expired' : 'current'
  return isFirstOver ? 'failing' : 'loading'
}

const isoTime = (epochMs: number | undefined): string | undefined => epochMs === undefined ? undefined : new Date(epochMs).toISOString()
