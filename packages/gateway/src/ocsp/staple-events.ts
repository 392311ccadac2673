import type { Logger } from 'pino'
import { statusLine } from './failure-line.ts'
import { factsOf, sendable, type HeldResponse, type KeptStaple } from './kept-staple.ts'

const repeatAfterMs = 3_600_000
/** Shares of the window at which a staple that cannot be renewed is spoken of. */
const alarms = [0.5, 0.25, 0.1]

/** What the log says of staples: once for each change of state, and a failure that goes on once an hour (ocsp.md 11). */
export class StapleEvents {
  readonly #log: Logger

  constructor (log: Logger) {
    this.#log = log
  }

  held (kept: KeptStaple, before: HeldResponse | undefined, held: HeldResponse): void {
    const facts = { ...factsOf(kept), status: held.kind, verified: held.verified, thisUpdate: new Date(held.thisUpdateMs).toISOString(), usableEnd: new Date(held.usableEndMs).toISOString() }
    if (sendable(held) !== undefined) {
      this.#log.info(facts, sendable(before) === undefined ? 'staple first obtained' : 'staple refreshed')
    } else if (before?.kind !== held.kind) {
      this.#log.error({ ...facts, event: held.kind === 'revoked' ? 'own certificate revoked' : undefined }, `no ocsp response send: ${statusLine(held.kind === 'revoked' ? 'revoked' : 'unknown')}`)
    }
  }

  recovered (kept: KeptStaple): void {
    this.#log.info(factsOf(kept), 'staple is well again')
  }

  notApplicable (kept: KeptStaple): void {
    const line = 'no ocsp response send: failed to get ocsp url: cert not contains authority_information_access extension'
    // RFC 7633: it demands a staple, and names nobody who could give one
    if (kept.target.certificate.mustStaple) this.#log.error(factsOf(kept), `${line}, and the certificate is must-staple: it contradicts itself`)
    else this.#log.debug(factsOf(kept), line)
  }

  failed (kept: KeptStaple, code: string, changed: boolean, nowMs: number): void {
    if (!changed && nowMs - kept.lastLoggedMs < repeatAfterMs) return
    kept.lastLoggedMs = nowMs
    this.#log.error({ ...factsOf(kept), code, failures: kept.failures }, `no ocsp response send: ${kept.failure?.line}`)
  }

  /** A staple that cannot be renewed: told at half, a quarter, a tenth of its window, and when it is lost. */
  alarm (kept: KeptStaple, nowMs: number): void {
    const held = sendable(kept.held)
    if (held === undefined) return
    const left = Math.max(0, (held.usableEndMs - nowMs) / (held.usableEndMs - held.thisUpdateMs))
    const reached = left === 0 ? 0 : alarms.findLast(share => left <= share)
    if (reached === undefined || reached >= kept.alarmedAt) return
    kept.alarmedAt = reached
    const facts = { ...factsOf(kept), left: Math.round(left * 100) / 100, failures: kept.failures, code: kept.failure?.code }
    if (reached === 0) this.#log.error(facts, 'staple lost: its window is over and no responder renewed it')
    else if (reached <= 0.1 || kept.target.certificate.mustStaple) this.#log.error(facts, 'staple about to end')
    else this.#log.warn(facts, 'staple not renewed')
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
