import type { Logger } from 'pino'
import { createControlApi, type ControlApiOptions } from '../control/control-api.ts'
import type { LocalServer } from '../control/local-server.ts'
import { createStatusApi } from '../control/status-api.ts'
import { problemsOf } from './problems.ts'
import type { RunningParts } from './running-parts.ts'

/** The control API of this machine. */
export function composeControlApi ({ opened: { prefix }, plugins, reloadPlugins, state, standing, opening, agent, health, pool, file, log }: RunningParts): LocalServer {
  return createControlApi({
    objects: () => state.objects,
    prefix,
    healthchecks: () => health.status,
    ocsp: agent?.inspection ?? noAgent,
    configuration: () => ({ source: standing.source, connected: standing.isConnected, revision: state.revision, asOfMs: standing.asOfMs, ageMs: standing.ageMs }),
    problems: () => problemsOf({ plugins, file, pool, opening }),
    workers: () => pool.status,
    catalog: () => plugins.catalog,
    reloadPlugins,
    log: log.child({ component: 'control-api' })
  })
}

// A control plane has neither staples nor clients.
const noAgent: ControlApiOptions['ocsp'] = { staples: () => [], clients: () => [], crls: () => [] }

export interface StatusParts {
  readonly workerCount: number
  /** Undefined before there is a configuration to start it with. */
  readonly pool: () => RunningParts['pool'] | undefined
  readonly notReady: () => string | undefined
  readonly log: Logger
}

/** The status API, which a probe may ask before all is there. */
export function composeStatusApi ({ workerCount, pool, notReady, log }: StatusParts): LocalServer {
  return createStatusApi({ workerCount, workers: () => pool()?.status ?? [], notReady, log: log.child({ component: 'status-api' }) })
}
