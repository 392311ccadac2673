import type { Crl, CrlFailure } from '@clinch/ocsp-core'
import type { Logger } from 'pino'
import type { KeptCrl } from './crl-kept.ts'
import { shownPlace } from './crl-source.ts'

const remindMs = 3_600_000

/** One line each time the state of a CRL changes, and one an hour for a failure that goes on. */
export class CrlEvents {
  readonly #log: Logger

  constructor (log: Logger) {
    this.#log = log
  }

  loaded (kept: KeptCrl, crl: Crl, from: 'disk' | 'source'): void {
    const facts = { ...factsOf(kept), entries: crl.table.size, thisUpdate: isoTime(crl.thisUpdateMs), nextUpdate: isoTime(crl.nextUpdateMs), from }
    if (kept.crl === undefined) this.#log.info(facts, 'CRL loaded')
    else this.#log.debug(facts, 'CRL refreshed')
  }

  recovered (kept: KeptCrl): void {
    this.#log.info({ ...factsOf(kept), code: kept.failure?.code, failures: kept.failures }, 'CRL is fetched again')
  }

  /** `kept` has the failure already. */
  failed (kept: KeptCrl, failure: CrlFailure, isNew: boolean, nowMs: number): void {
    const isExpired = kept.crl !== undefined && (kept.crl.nextUpdateMs ?? Infinity) <= nowMs
    if (!isNew && isExpired === kept.isExpiryLogged && nowMs - kept.lastLoggedMs < remindMs) return
    kept.lastLoggedMs = nowMs
    kept.isExpiryLogged = isExpired
    const facts = { ...factsOf(kept), code: failure.code, detail: failure.detail, failures: kept.failures, nextUpdate: isoTime(kept.crl?.nextUpdateMs) }
    if (isExpired) this.#log.error(facts, 'CRL has expired and there is no new one')
    else this.#log.warn(facts, 'CRL not fetched')
  }

  rejectedOnDisk (kept: KeptCrl, code: string): void {
    this.#log.warn({ ...factsOf(kept), code }, 'CRL on disk rejected')
  }

  diskFailed (kept: KeptCrl, err: unknown): void {
    this.#log.warn({ ...factsOf(kept), err }, 'CRL on disk not read or written')
  }
}

const factsOf = ({ key, source }: KeptCrl): Record<string, unknown> => ({ crl: key.slice(0, 16), place: shownPlace(source), issuer: source.issuer.fingerprint })

const isoTime = (epochMs: number | undefined): string | undefined => epochMs === undefined ? undefined : new Date(epochMs).toISOString()
