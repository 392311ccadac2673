import { Counter, Gauge, type Registry } from 'prom-client'
import type { ConfigReload } from './config-reload.ts'
import type { WorkerPool } from './worker-pool/worker-pool.ts'

export interface ShownProcess {
  readonly pool: WorkerPool
  readonly reloads: ConfigReload
}

/** How the workers are, and how config.yaml was last put in force; read when somebody looks. */
export function watchProcess (registry: Registry, prefix: string, { pool, reloads }: ShownProcess): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) => new Gauge({ name: `${prefix}${name}`, help, registers, collect () { this.set(read()) } })
  new Gauge({ // eslint-disable-line no-new -- the registry keeps it
    name: `${prefix}workers`,
    help: 'Worker processes by state',
    labelNames: ['state'],
    registers,
    collect () {
      for (const state of ['starting', 'ready', 'draining']) this.set({ state }, pool.processes.filter(worker => worker.state === state).length)
    }
  })
  new Counter({ // eslint-disable-line no-new -- the registry keeps it
    name: `${prefix}worker_deaths_total`,
    help: 'Workers that ended without having been told to',
    registers,
    collect () {
      this.reset()
      this.inc(pool.deaths)
    }
  })
  gauge('worker_restart_delay_seconds', 'How long the place of a worker that died stays empty because its successors died as well', () => pool.restartDelayMs / 1000)
  gauge('config_last_reload_successful', '1 when config.yaml is in force as it was last reloaded, 0 when that failed', () => Number(reloads.last.isGood))
  gauge('config_last_reload_success_timestamp_seconds', 'When config.yaml was last put in force', () => reloads.last.goodMs / 1000)
}
