import { Gauge, type Registry } from 'prom-client'
import { configSources, type Standing } from './standing.ts'

/** What there is to know of the configuration in force, read when somebody looks. */
export function watchStanding (registry: Registry, prefix: string, standing: Standing, revision: () => number): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) => new Gauge({ name: `${prefix}${name}`, help, registers, collect () { this.set(read()) } })
  gauge('config_age_seconds', 'Since the configuration in force was last known to be that of the store', () => standing.ageMs / 1000)
  gauge('config_revision', 'The revision of the store that is in force', revision)
  gauge('config_connected', '1 while changes in the store are heard of, 0 while it is away', () => Number(standing.isConnected))
  new Gauge({ // eslint-disable-line no-new -- the registry keeps it
    name: `${prefix}config_source`,
    help: '1 for where the configuration in force came from, 0 for the other',
    labelNames: ['source'],
    registers,
    collect () {
      for (const source of configSources) this.set({ source }, Number(source === standing.source))
    }
  })
}
