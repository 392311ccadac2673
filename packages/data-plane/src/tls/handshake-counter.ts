import { Counter, type Registry } from 'prom-client'

export type StapleOutcome = 'stapled' | 'bare' | 'not_asked' | 'not_applicable'

/** `ocsp_handshakes_total`: what became of the staple, handshake by handshake (ocsp.md 11). */
export class HandshakeCounter {
  readonly #counter: Counter<'result'>

  constructor (registry: Registry, prefix: string) {
    const name = `${prefix}ocsp_handshakes_total`
    const known = registry.getSingleMetric(name) as Counter<'result'> | undefined
    this.#counter = known ?? new Counter({ name, help: 'TLS handshakes by what was stapled', labelNames: ['result'], registers: [registry] })
  }

  count (result: StapleOutcome): void {
    this.#counter.inc({ result })
  }
}
