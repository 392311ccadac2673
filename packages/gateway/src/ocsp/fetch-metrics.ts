import type { AskOutcome } from '@clinch/ocsp-core'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { BoundedLabels } from './bounded-labels.ts'

export const purposes = ['staple', 'client', 'crl'] as const
export type Purpose = typeof purposes[number]

/** How a question ended: a status or a code, and the URL of whoever decided that, if anybody was asked. */
export interface FetchResult {
  readonly code: string
  readonly responder?: string | undefined
}

/** What the agent counts (ocsp.md 11): labels are purposes, codes and hosts, never serials or subjects. */
export class FetchMetrics {
  readonly #fetches: Counter<'purpose' | 'result_code' | 'responder'>
  readonly #durations: Histogram<'purpose' | 'responder'>
  readonly #inFlight: Gauge<'purpose'>
  readonly #diskRejected: Counter
  readonly #clusterRejected: Counter
  readonly #hosts = { staple: new BoundedLabels(), client: new BoundedLabels(), crl: new BoundedLabels() } as const satisfies Record<Purpose, BoundedLabels>

  constructor (registry: Registry, prefix: string) {
    const registers = [registry]
    this.#fetches = new Counter({ name: `${prefix}ocsp_fetch_total`, help: 'Questions to OCSP responders by outcome', labelNames: ['purpose', 'result_code', 'responder'], registers })
    this.#durations = new Histogram({ name: `${prefix}ocsp_fetch_duration_seconds`, help: 'Time until an outcome, all responders of a certificate together', labelNames: ['purpose', 'responder'], buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], registers })
    this.#inFlight = new Gauge({ name: `${prefix}ocsp_inflight`, help: 'Questions under way, those that wait for their turn included', labelNames: ['purpose'], registers })
    for (const purpose of purposes) this.#inFlight.set({ purpose }, 0)
    this.#diskRejected = new Counter({ name: `${prefix}ocsp_disk_rejected_total`, help: 'Responses on disk that did not verify again', registers })
    this.#clusterRejected = new Counter({ name: `${prefix}ocsp_cluster_rejected_total`, help: 'Responses of other nodes that did not verify here', registers })
  }

  /** Times and counts one question. One that throws is counted as `broken`. */
  async measure<Outcome> (purpose: Purpose, ask: () => Promise<Outcome>, resultOf: (outcome: Outcome) => FetchResult): Promise<Outcome> {
    this.#inFlight.inc({ purpose })
    const startedMs = performance.now()
    let result: FetchResult = { code: 'broken' }
    try {
      const outcome = await ask()
      result = resultOf(outcome)
      return outcome
    } finally {
      const responder = this.#hosts[purpose].of(result.responder === undefined ? '' : URL.parse(result.responder)?.host ?? '')
      this.#inFlight.dec({ purpose })
      this.#durations.observe({ purpose, responder }, (performance.now() - startedMs) / 1000)
      this.#fetches.inc({ purpose, result_code: result.code, responder })
    }
  }

  diskRejected (): void {
    this.#diskRejected.inc()
  }

  clusterRejected (): void {
    this.#clusterRejected.inc()
  }
}

/** How asking responders ended. Whom the guard refuses was not asked, and is no label. */
export function askResult (outcome: AskOutcome): FetchResult {
  switch (outcome.kind) {
    case 'verified': return { code: outcome.verdict.kind, responder: outcome.responder }
    case 'unverified': return { code: 'unverified', responder: outcome.responder }
    case 'notApplicable': return { code: 'notApplicable' }
    case 'indeterminate': return { code: outcome.code, responder: outcome.code === 'OCSP_ERR_URL_REFUSED' ? undefined : outcome.responder }
  }
}
