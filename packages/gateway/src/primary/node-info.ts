import { hostname } from 'node:os'
import { Gauge, type Registry } from 'prom-client'
import { product } from '../product.ts'

/** `node_info`: which machine this is, and what it runs. */
export function showNode (registry: Registry, prefix: string): void {
  const name = `${prefix}node_info`
  registry.removeSingleMetric(name)
  new Gauge({ name, help: 'Info of the gateway node', labelNames: ['hostname', 'version'], registers: [registry] }).set({ hostname: hostname(), version: product.version }, 1)
}
