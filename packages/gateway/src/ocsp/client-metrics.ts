import { Counter, Gauge, type Registry } from 'prom-client'
import type { BreakerState } from './client-breakers.ts'
import { tiers, type Tier } from './client-verdicts.ts'

export interface WatchedChecker {
  readonly sizes: Readonly<Record<Tier, number>>
  readonly breakerStates: ReadonlyMap<string, BreakerState>
}

const stateValues = { closed: 0, 'half-open': 1, open: 2 } as const satisfies Record<BreakerState, number>

/** What the client checks count (ocsp.md 11), read when somebody looks. Gives the function that counts a hit. */
export function watchClientChecks (registry: Registry, prefix: string, watched: () => WatchedChecker): (tier: Tier) => void {
  const registers = [registry]
  const hits = new Counter({ name: `${prefix}ocsp_cache_hits_total`, help: 'Questions of workers that no responder had to be asked for', labelNames: ['cache'], registers })
  for (const cache of tiers) hits.inc({ cache }, 0) // there from the start, so that the first hit is seen
  // each gauge reads for itself, so that neither shows what the other saw
  // eslint-disable-next-line no-new
  new Gauge({
    name: `${prefix}ocsp_cache_entries`,
    help: 'What is remembered of client certificates',
    labelNames: ['cache'],
    registers,
    collect () {
      for (const [cache, size] of Object.entries(watched().sizes)) this.set({ cache }, size)
    }
  })
  // eslint-disable-next-line no-new
  new Gauge({
    name: `${prefix}ocsp_breaker_state`,
    help: 'Responders of client certificates that have failed: 0 asked as usual, 1 one question at a time, 2 suspended',
    labelNames: ['responder'],
    registers,
    collect () {
      this.reset()
      for (const [responder, state] of watched().breakerStates) this.set({ responder }, stateValues[state])
    }
  })
  return cache => hits.inc({ cache })
}
