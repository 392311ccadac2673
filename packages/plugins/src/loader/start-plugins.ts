import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { OcspService, PluginHost, PrimaryHost } from '../contract/host.ts'
import type { MachineLink } from '../contract/machine.ts'
import type { Share } from '../contract/shared.ts'
import type { PluginCatalog } from './catalog.ts'
import { startEach, type Started } from './started.ts'

export interface WorkerServices {
  readonly log: Logger
  readonly now: () => number
  readonly metadataOf: (plugin: string) => Readonly<Record<string, unknown>> | undefined
  readonly tlsPorts: readonly number[]
  readonly ocsp: OcspService
  readonly metrics: Registry
  readonly metricPrefix: string
  readonly machineOf: (plugin: string) => MachineLink
  readonly share: Share
  readonly openLogFile: PluginHost['openLogFile']
}
export type StartedPlugins = Started<PluginHost>

/** Calls every plugin's `init`, in a worker. */
export function startPlugins (catalog: PluginCatalog, { log, now, metadataOf, tlsPorts, ocsp, metrics, metricPrefix, machineOf, share, openLogFile }: WorkerServices): Promise<StartedPlugins> {
  return startEach<PluginHost>(
    catalog, log,
    ({ plugin, attr }) => ({ log: log.child({ plugin: plugin.name }), now, attr, metadata: () => metadataOf(plugin.name), tlsPorts, ocsp, metrics, metricPrefix, machine: machineOf(plugin.name), share, openLogFile }),
    ({ plugin }, host) => plugin.init?.(host)
  )
}

export interface PrimaryServices {
  readonly log: Logger
  readonly collectMetrics: () => Promise<string>
}
export type StartedPrimaryPlugins = Started<PrimaryHost>

/** Calls every plugin's `initPrimary`, once on a machine. */
export function startPrimaryPlugins (catalog: PluginCatalog, { log, collectMetrics }: PrimaryServices): Promise<StartedPrimaryPlugins> {
  return startEach<PrimaryHost>(
    catalog, log,
    ({ plugin, attr }) => ({ log: log.child({ plugin: plugin.name }), attr, collectMetrics }),
    ({ plugin }, host) => plugin.initPrimary?.(host)
  )
}
