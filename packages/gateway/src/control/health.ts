import type { OcspInspection } from '@clinch/admin-api'

type Staple = ReturnType<OcspInspection['staples']>[number]

export interface Health {
  /** `degraded`: everything is served, and something must be seen to. `error`: nothing is served. */
  readonly status: 'ok' | 'degraded' | 'error'
  readonly workers: { readonly ready: number, readonly total: number }
  readonly reasons: ReadonlyArray<{ readonly ssl_id: string, readonly fingerprint: string, readonly reason: string }>
}

/** How a machine is doing (ocsp.md 9.2, 9.3): degraded while a certificate is revoked, or must be stapled and is not. */
export function healthOf (workers: ReadonlyArray<{ readonly ready: boolean }>, staples: readonly Staple[]): Health {
  const ready = workers.filter(worker => worker.ready).length
  const reasons = staples.flatMap(staple => {
    const reason = reasonOf(staple)
    return reason === undefined ? [] : [{ ssl_id: staple.ssl_id, fingerprint: staple.fingerprint, reason }]
  })
  const serves = ready > 0 || workers.length === 0
  return { status: !serves ? 'error' : reasons.length > 0 ? 'degraded' : 'ok', workers: { ready, total: workers.length }, reasons }
}

function reasonOf ({ state, must_staple: mustStaple }: Staple): string | undefined {
  if (state === 'revoked') return 'the certificate is revoked'
  return mustStaple && state !== 'good' && state !== 'unverified' ? 'the certificate is must-staple and has no staple' : undefined
}
