import type { Crl, CrlFailure } from '@clinch/ocsp-core'
import type { CrlSource } from './crl-source.ts'

/** Everything known of one CRL; the keeper alone changes it. */
export interface KeptCrl {
  readonly key: string
  readonly source: CrlSource
  /** Verified. Past its nextUpdate it still proves what it lists. */
  crl: Crl | undefined
  fetchedAtMs: number
  failure: (CrlFailure & { readonly sinceMs: number }) | undefined
  /** In a row. */
  failures: number
  lastTryMs: number
  lastLoggedMs: number
  /** Whether it was said that it has expired. */
  isExpiryLogged: boolean
  /** When a check last wanted it. */
  neededMs: number
  /** Until the first attempt to get it has come to something. */
  readonly first: PromiseWithResolvers<void>
  /** Until it is in memory, if it was on disk. */
  diskRead: Promise<void>
  isFirstOver: boolean
}

export function keepCrl (key: string, source: CrlSource, nowMs: number): KeptCrl {
  return {
    key, source, crl: undefined, fetchedAtMs: 0, failure: undefined, failures: 0, lastTryMs: -Infinity, lastLoggedMs: 0, isExpiryLogged: false, neededMs: nowMs, first: Promise.withResolvers(), diskRead: Promise.resolve(), isFirstOver: false
  }
}
