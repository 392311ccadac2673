import { stapleStates } from '@clinch/admin-api'
import { Gauge, type Registry } from 'prom-client'
import { sendable, type KeptStaple } from './kept-staple.ts'
import { stateOf } from './staple-state.ts'

export interface WatchedStaples {
  readonly kept: Iterable<KeptStaple>
  /** Epoch milliseconds. */
  readonly nowMs: number
  readonly skewMs: number
}

/** What there is to know of each staple, read when somebody looks (ocsp.md 11). The label is ssl id and fingerprint. */
export function watchStaples (registry: Registry, prefix: string, watched: () => WatchedStaples): void {
  const gauge = (name: string, help: string, read: (kept: KeptStaple, nowMs: number) => number | undefined) => new Gauge({
    name: `${prefix}${name}`,
    help,
    labelNames: ['certificate'],
    registers: [registry],
    collect () {
      this.reset()
      const { kept, nowMs } = watched()
      for (const one of kept) {
        const value = read(one, nowMs)
        if (value !== undefined) this.set({ certificate: certificateLabel(one) }, value)
      }
    }
  })
  gauge('ocsp_staple_expiry_seconds', 'Until the end of the staple that is held', (kept, nowMs) => {
    const held = sendable(kept.held)
    return held === undefined ? undefined : (held.usableEndMs - nowMs) / 1000
  })
  gauge('ocsp_staple_age_seconds', 'Since thisUpdate of the staple that is held', (kept, nowMs) => {
    const held = sendable(kept.held)
    return held === undefined ? undefined : (nowMs - held.thisUpdateMs) / 1000
  })
  gauge('ocsp_staple_failures', 'Times in a row that asking came to nothing', ({ failures }) => failures)
  gauge('ocsp_staple_must_staple', '1 where the certificate demands a staple (RFC 7633)', ({ target }) => Number(target.certificate.mustStaple))
  watchStates(registry, prefix, watched)
}

// The state that a certificate is in is 1, the others are 0.
function watchStates (registry: Registry, prefix: string, watched: () => WatchedStaples): void {
  new Gauge({ // eslint-disable-line no-new -- the registry keeps it
    name: `${prefix}ocsp_staple_state`,
    help: '1 for the state that the staple of a certificate is in, 0 for the others',
    labelNames: ['certificate', 'state'],
    registers: [registry],
    collect () {
      this.reset()
      const { kept, nowMs, skewMs } = watched()
      for (const one of kept) {
        const certificate = certificateLabel(one)
        const current = stateOf(one, nowMs, skewMs)
        for (const state of stapleStates) this.set({ certificate, state }, Number(state === current))
      }
    }
  })
}

function certificateLabel ({ target }: KeptStaple): string {
  return `${target.sslId}/${target.certificate.fingerprint.slice(0, 16)}`
}
