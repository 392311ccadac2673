import type { OcspInspection } from '@clinch/admin-api'

type Staple = ReturnType<OcspInspection['staples']>[number]

/** What is in force, beside what the store holds. */
export interface ConfigurationStanding {
  readonly source: 'store' | 'disk'
  readonly connected: boolean
  readonly revision: number
  /** When it was last known to be that of the store; epoch milliseconds. */
  readonly asOfMs: number
  readonly ageMs: number
}

export interface Health {
  /** `degraded`: everything is served, and something must be seen to. `error`: nothing is served. */
  readonly status: 'ok' | 'degraded' | 'error'
  readonly workers: { readonly ready: number, readonly total: number }
  /** `as_of` in ISO 8601, `age` in seconds. */
  readonly configuration: { readonly source: 'store' | 'disk', readonly connected: boolean, readonly revision: number, readonly as_of: string, readonly age: number }
  readonly reasons: ReadonlyArray<{ readonly ssl_id?: string, readonly fingerprint?: string, readonly reason: string }>
}

export interface Looked {
  readonly workers: ReadonlyArray<{ readonly ready: boolean }>
  readonly staples: readonly Staple[]
  readonly configuration: ConfigurationStanding
}

/**
 * How a machine is doing (ocsp.md 9.2, 9.3): degraded while a certificate is revoked, or must be stapled and is not, and while
 * the store is away.
 */
export function healthOf ({ workers, staples, configuration: { source, connected, revision, asOfMs, ageMs } }: Looked): Health {
  const ready = workers.filter(worker => worker.ready).length
  const reasons = [
    ...connected ? [] : [{ reason: source === 'disk' ? 'the store is away since the start: what is served was read from disk' : 'the store is away: changes are not heard of' }],
    ...staples.flatMap(staple => {
      const reason = reasonOf(staple)
      return reason === undefined ? [] : [{ ssl_id: staple.ssl_id, fingerprint: staple.fingerprint, reason }]
    })
  ]
  const serves = ready > 0 || workers.length === 0
  return {
    status: !serves ? 'error' : reasons.length > 0 ? 'degraded' : 'ok',
    workers: { ready, total: workers.length },
    configuration: { source, connected, revision, as_of: new Date(asOfMs).toISOString(), age: Math.round(ageMs / 1000) },
    reasons
  }
}

function reasonOf ({ state, must_staple: mustStaple }: Staple): string | undefined {
  if (state === 'revoked') return 'the certificate is revoked'
  return mustStaple && state !== 'good' && state !== 'unverified' ? 'the certificate is must-staple and has no staple' : undefined
}
