import { findBuiltInPlugin, type CreateHost, type MachineLink, type OcspService, type PhaseResult, type PluginPhases, type Share } from '@clinch/plugins'
import { tryPlugin } from '@clinch/plugins/testing'
import { Registry } from 'prom-client'
import { recordLog, type LogRecorder } from '../support/log-recorder.ts'

export interface Surroundings {
  readonly attr?: unknown
  readonly now?: () => number
  readonly metrics?: Registry
  /** Asked for again and again, so that a getter can change it. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  readonly recorder?: LogRecorder
  /** Absent: one of its own, by the same clock. */
  readonly machine?: MachineLink
  readonly share?: Share
  readonly openLogFile?: CreateHost['openLogFile']
  readonly ownerKey?: string
  readonly compileUpstream?: CreateHost['compileUpstream']
  readonly checkClient?: OcspService['checkClient']
  readonly findIssuer?: OcspService['findIssuer']
  readonly rememberIssuers?: OcspService['rememberIssuers']
}

/** A built-in plugin as a worker runs it: loaded by name, its configuration checked, started and created. */
export async function runPlugin (name: string, conf: unknown, surroundings: Surroundings = {}): Promise<PluginPhases> {
  return (await startPlugin(name, conf, surroundings)).phases
}

export interface StartedPlugin {
  readonly phases: PluginPhases
  /** The configuration is gone, and then the plugin. */
  stop (): Promise<void>
}

/** The same, for those who stop it again. */
export async function startPlugin (name: string, conf: unknown, surroundings: Surroundings = {}): Promise<StartedPlugin> {
  const { attr, now = Date.now, metrics = new Registry(), recorder = recordLog(), ownerKey, checkClient = noOcsp, findIssuer = () => undefined, rememberIssuers = () => {}, machine, share, openLogFile, compileUpstream } = surroundings
  const given = Object.fromEntries(Object.entries({ machine, share, openLogFile, compileUpstream }).filter(([, value]) => value !== undefined))
  const plugin = await tryPlugin(await findBuiltInPlugin(name), {
    attr, now, log: recorder.log, metadata: () => surroundings.metadata, host: { metrics, metricPrefix: 'x_', ocsp: { checkClient, findIssuer, rememberIssuers }, ...given }
  })
  const phases = plugin.create(conf, ownerKey)
  return {
    phases,
    async stop () {
      phases.close?.()
      await plugin.close()
    }
  }
}

/** What the operator is told about a configuration; undefined if it is fine. */
export async function complaintAbout (name: string, conf: unknown, attr?: unknown): Promise<string | undefined> {
  return (await tryPlugin(await findBuiltInPlugin(name), { attr, log: recordLog().log })).complaintAbout(conf)
}

export function responseOf (result: PhaseResult | undefined) {
  return result?.kind === 'respond' ? result.response : undefined
}

function noOcsp (): never {
  throw new Error('nobody should ask')
}
