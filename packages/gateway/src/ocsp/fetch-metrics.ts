import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export type Purpose = 'staple' | 'client' | 'crl'

/** What the agent counts (ocsp.md 11): labels are purposes and codes, never serials or subjects. */
export class FetchMetrics {
  readonly #fetches: Counter<'purpose' | 'result_code'>
  readonly #durations: Histogram<'purpose'>
  readonly #inFlight: Gauge<'purpose'>
  readonly #diskRejected: Counter

  constructor (registry: Registry, prefix: string) {
    const registers = [registry]
    this.#fetches = new Counter({ name: `${prefix}ocsp_fetch_total`, help: 'Questions to OCSP responders by outcome', labelNames: ['purpose', 'result_code'], registers })
    this.#durations = new Histogram({ name: `${prefix}ocsp_fetch_duration_seconds`, help: 'Time until an outcome, all responders of a certificate together', labelNames: ['purpose'], buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], registers })
    this.#inFlight = new Gauge({ name: `${prefix}ocsp_inflight`, help: 'Questions under way', labelNames: ['purpose'], registers })
    this.#diskRejected = new Counter({ name: `${prefix}ocsp_disk_rejected_total`, help: 'Responses on disk that did not verify again', registers })
  }

  /** Starts the clock of one question; the function given back stops it with the outcome's code. */
  start (purpose: Purpose): (resultCode: string) => void {
    this.#inFlight.inc({ purpose })
    const stop = this.#durations.startTimer({ purpose })
    return resultCode => {
      stop()
      this.#inFlight.dec({ purpose })
      this.#fetches.inc({ purpose, result_code: resultCode })
    }
  }

  diskRejected (): void {
    this.#diskRejected.inc()
  }
}
