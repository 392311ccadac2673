import { Counter, type Registry } from 'prom-client'

/** `upstream_ocsp_total`: TLS connections to upstreams whose staple was judged, by what came of it. */
export class UpstreamStapleCounter {
  readonly #counter: Counter<'result'>

  constructor (registry: Registry, prefix: string) {
    const name = `${prefix}upstream_ocsp_total`
    registry.removeSingleMetric(name)
    this.#counter = new Counter({ name, help: 'TLS connections to upstreams by what their OCSP response said', labelNames: ['result'], registers: [registry] })
  }

  count (result: string): void {
    this.#counter.inc({ result })
  }
}
