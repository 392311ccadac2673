import type { Logger } from 'pino'
import { statusLine } from './failure-line.ts'
import { factsOf, sendable, type HeldResponse, type KeptStaple } from './kept-staple.ts'
import { stateOf } from './staple-state.ts'

/** Where a response came from. */
export type StapleSource = 'responder' | 'disk' | 'cluster' | 'file' | 'memory'

const repeatAfterMs = 3_600_000
/** Shares of the window at which a staple that cannot be renewed is spoken of. */
const alarms = [0.5, 0.25, 0.1]
const notSent = 'no ocsp response send'

export interface StapleEventsOptions {
  readonly log: Logger
  readonly skewMs: () => number
}

/**
 * What the log says of staples: once for each change of state, and a failure that goes on once an hour (ocsp.md 11). Whoever
 * must act is told at `error` (a revocation, a must-staple certificate without a staple, a mistake in the configuration);
 * a staple that is missing or not renewed is a warning (9.3). The words are APISIX's (data-plane.md 2.5).
 */
export class StapleEvents {
  readonly #log: Logger
  readonly #skewMs: () => number

  constructor ({ log, skewMs }: StapleEventsOptions) {
    this.#log = log
    this.#skewMs = skewMs
  }

  /** A responder is asked. */
  asking (kept: KeptStaple): void {
    const level = kept.held === undefined ? 'info' : 'debug'
    if (kept.held === undefined) this.#log.info(factsOf(kept), 'not ocsp resp cache found, fetch from ocsp responder')
    this.#log[level](factsOf(kept), 'fetch ocsp response from remote')
  }

  held (kept: KeptStaple, before: HeldResponse | undefined, held: HeldResponse, source: StapleSource, nowMs: number): void {
    const facts = { ...factsOf(kept), source, status: held.kind, verified: held.verified, thisUpdate: new Date(held.thisUpdateMs).toISOString(), usableEnd: new Date(held.usableEndMs).toISOString() }
    if (sendable(held) === undefined) {
      if (before?.kind === held.kind) return
      if (held.kind === 'revoked') this.#log.error({ ...facts, event: 'own certificate revoked' }, `${notSent}: ${statusLine('revoked')}`)
      else this.#log.warn(facts, `${notSent}: ${statusLine('unknown')}`)
      return
    }
    if (source === 'memory') return this.#log.info(facts, 'staple goes on under the new settings')
    const isFirst = sendable(before) === undefined
    if (source === 'responder') this.#log[isFirst ? 'info' : 'debug'](factsOf(kept), 'fetch ocsp resp ok, cache it')
    this.#log.info(facts, isFirst ? 'staple first obtained' : 'staple refreshed')
    if (stateOf(kept, nowMs, this.#skewMs()) === 'too_large') this.#log.warn({ ...facts, octets: held.der.length }, 'staple too large to be sent with every handshake')
  }

  recovered (kept: KeptStaple): void {
    this.#log.info(factsOf(kept), 'staple is well again')
  }

  notApplicable (kept: KeptStaple): void {
    const line = `${notSent}: failed to get ocsp url: cert not contains authority_information_access extension`
    // RFC 7633: it demands a staple, and names nobody who could give one
    if (kept.target.certificate.mustStaple) this.#log.error(factsOf(kept), `${line}, and the certificate is must-staple: it contradicts itself`)
    else this.#log.debug(factsOf(kept), line)
  }

  failed (kept: KeptStaple, code: string, changed: boolean, nowMs: number): void {
    if (!changed && nowMs - kept.lastLoggedMs < repeatAfterMs) return
    kept.lastLoggedMs = nowMs
    const facts = { ...factsOf(kept), code, detail: kept.failure?.detail, failures: kept.failures }
    const state = stateOf(kept, nowMs, this.#skewMs())
    if (state === 'good' || state === 'unverified') this.#log.warn(facts, `ocsp response not renewed, the one that is held is sent: ${kept.failure?.line}`)
    else this.#log[kept.target.certificate.mustStaple || code === 'OCSP_ERR_ISSUER_NOT_FOUND' ? 'error' : 'warn'](facts, `${notSent}: ${kept.failure?.line}`)
  }

  /** A staple that cannot be renewed: told at half, a quarter, a tenth of its window, and when it is lost. */
  alarm (kept: KeptStaple, nowMs: number): void {
    const held = sendable(kept.held)
    if (held === undefined) return
    const left = Math.max(0, (held.usableEndMs - nowMs) / (held.usableEndMs - held.thisUpdateMs))
    const reached = left === 0 ? 0 : alarms.findLast(share => left <= share)
    if (reached === undefined || reached >= kept.alarmedAt) return
    kept.alarmedAt = reached
    const level = kept.target.certificate.mustStaple ? 'error' : 'warn'
    const facts = { ...factsOf(kept), left: Math.round(left * 100) / 100, failures: kept.failures, code: kept.failure?.code }
    if (reached === 0) this.#log[level](facts, 'staple lost: its window is over and nobody renewed it')
    else this.#log[level](facts, reached <= 0.1 ? 'staple about to end' : 'staple not renewed')
  }

  rejectedOnDisk (kept: KeptStaple, code: string): void {
    this.#log.warn({ ...factsOf(kept), code }, 'staple on disk rejected')
  }

  rejectedFromCluster (kept: KeptStaple, code: string): void {
    this.#log.warn({ ...factsOf(kept), code }, 'staple of another node rejected')
  }

  notWritten (kept: KeptStaple, err: unknown): void {
    this.#log.warn({ err, ...factsOf(kept) }, 'staple not written to disk')
  }

  broke (kept: KeptStaple, err: unknown): void {
    this.#log.error({ err, ...factsOf(kept) }, 'staple refresh broke')
  }
}
