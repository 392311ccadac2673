import { Gauge, type Registry } from 'prom-client'
import type { HealthAgent } from './health-agent.ts'

/** `upstream_status`: 1 for a node that requests are sent to, 0 for one that checks found to be ill. */
export function watchUpstreamStatus (registry: Registry, prefix: string, agent: Pick<HealthAgent, 'targets'>): void {
  const name = `${prefix}upstream_status`
  registry.removeSingleMetric(name)
  new Gauge({ // eslint-disable-line no-new -- the registry keeps it
    name,
    help: 'Nodes of upstreams with checks: 1 usable, 0 not',
    labelNames: ['name', 'ip', 'port'],
    registers: [registry],
    collect () {
      this.reset()
      for (const { name, ip, port, isUsable } of agent.targets()) this.set({ name, ip, port: String(port) }, isUsable ? 1 : 0)
    }
  })
}
