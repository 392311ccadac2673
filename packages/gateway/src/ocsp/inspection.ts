import type { ClientStatus, CrlStatus, OcspInspection, StapleStatus } from '@clinch/admin-api'
import { createExplainer, type ExplainerOptions } from './explainer.ts'

/** What the agent lends to those who look at it. */
export interface InspectedAgent extends ExplainerOptions {
  readonly stapler: {
    readonly views: readonly StapleStatus[]
    refresh (sslId: string): Promise<number>
    purge (sslId: string): Promise<number>
  }
  readonly checker: {
    readonly views: readonly ClientStatus[]
    readonly crls: readonly CrlStatus[]
    forget (fingerprint: string): Promise<boolean>
  }
}

/** The agent as the Admin and control APIs show and steer it. */
export function createInspection ({ stapler, checker, ...explaining }: InspectedAgent): OcspInspection {
  return {
    staples: () => stapler.views.map(stapleStatusOf),
    clients: () => checker.views.map(clientStatusOf),
    crls: () => checker.crls.map(crlStatusOf),
    refresh: async sslId => await stapler.refresh(sslId),
    purge: async sslId => await stapler.purge(sslId),
    forgetClient: async fingerprint => await checker.forget(fingerprint),
    explain: createExplainer(explaining)
  }
}

// Lists of what may leave: a member that a view gains is not shown before it stands here.
function stapleStatusOf (view: StapleStatus): StapleStatus {
  const { ssl_id: sslId, snis, fingerprint, state, must_staple: mustStaple, verified, this_update: thisUpdate, usable_end: usableEnd, fetched_at: fetchedAt, due, responder, signer, hash, last_error: lastError, failures } = view
  return { ssl_id: sslId, snis, fingerprint, state, must_staple: mustStaple, verified, this_update: thisUpdate, usable_end: usableEnd, fetched_at: fetchedAt, due, responder, signer, hash, last_error: lastError, failures }
}

function clientStatusOf (view: ClientStatus): ClientStatus {
  const { fingerprint, state, source, since, this_update: thisUpdate, usable_end: usableEnd, known_until: knownUntil, responder, ssl_id: sslId, code } = view
  return { fingerprint, state, source, since, this_update: thisUpdate, usable_end: usableEnd, known_until: knownUntil, responder, ssl_id: sslId, code }
}

function crlStatusOf (view: CrlStatus): CrlStatus {
  const { id, place, issuer, state, this_update: thisUpdate, next_update: nextUpdate, entries, number, fetched_at: fetchedAt, due, last_error: lastError, failures } = view
  return { id, place, issuer, state, this_update: thisUpdate, next_update: nextUpdate, entries, number, fetched_at: fetchedAt, due, last_error: lastError, failures }
}
