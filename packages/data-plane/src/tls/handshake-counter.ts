import { Counter, type Registry } from 'prom-client'

const outcomes = ['stapled', 'bare', 'not_asked', 'not_applicable'] as const
export type StapleOutcome = typeof outcomes[number]

/**
 * `ocsp_handshakes_total`: what became of the staple, handshake by handshake (ocsp.md 11). A handshake adds to a plain
 * number; the metric takes them over when it is read.
 */
export class HandshakeCounter {
  readonly #uncounted: Record<StapleOutcome, number> = { stapled: 0, bare: 0, not_asked: 0, not_applicable: 0 }

  constructor (registry: Registry, prefix: string) {
    const name = `${prefix}ocsp_handshakes_total`
    const uncounted = this.#uncounted
    registry.removeSingleMetric(name)
    new Counter({ // eslint-disable-line no-new -- the registry keeps it
      name,
      help: 'TLS handshakes by what was stapled',
      labelNames: ['result'],
      registers: [registry],
      collect () {
        for (const result of outcomes) {
          this.inc({ result }, uncounted[result]) // each is there from the start, so that its first count is seen
          uncounted[result] = 0
        }
      }
    })
  }

  count (result: StapleOutcome): void {
    this.#uncounted[result]++
  }
}
