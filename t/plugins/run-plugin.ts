import { createShare, loadPlugins, startPlugins, type CreateHost, type MachineLink, type OcspService, type PhaseResult, type PluginPhases, type Share } from '@clinch/plugins'
import { Registry } from 'prom-client'
import { linkTo, noMachine } from '../support/machine-link.ts'
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
  const { attr, now = Date.now, metrics = new Registry(), recorder = recordLog(), compileUpstream = noUpstream, checkClient = noOcsp, findIssuer = () => undefined, rememberIssuers = () => {}, share = createShare(), openLogFile = noLogFile, ownerKey = 'routes/1' } = surroundings
  const catalog = await loadPlugins([name], { baseDir: import.meta.dirname, attrs: { [name]: attr }, log: recorder.log })
  const loaded = catalog.get(name)
  if (loaded === undefined) throw new Error(catalog.failures[0]?.reason)
  const checked = loaded.checkConf(conf)
  if (checked.kind === 'invalid') throw new Error(checked.message)
  const part = surroundings.machine === undefined ? loaded.plugin.machine?.({ log: recorder.log, now, attr: () => loaded.attr }) : undefined
  const machine = surroundings.machine ?? (part === undefined ? noMachine : linkTo(part))
  const started = await startPlugins(catalog, { log: recorder.log, now, metrics, metricPrefix: 'x_', metadataOf: () => surroundings.metadata, tlsPorts: [9443], ocsp: { checkClient, findIssuer, rememberIssuers }, machineOf: () => machine, share, openLogFile })
  return loaded.plugin.create(checked.conf, { ...started.hostOf(name), compileUpstream }, { ownerKey })
}

/** What the operator is told about a configuration; undefined if it is fine. */
export async function complaintAbout (name: string, conf: unknown, attr?: unknown): Promise<string | undefined> {
  const catalog = await loadPlugins([name], { baseDir: import.meta.dirname, attrs: { [name]: attr }, log: recordLog().log })
  const checked = catalog.get(name)?.checkConf(conf)
  return checked?.kind === 'invalid' ? checked.message : undefined
}

export function responseOf (result: PhaseResult | undefined) {
  return result?.kind === 'respond' ? result.response : undefined
}

function noOcsp (): never {
  throw new Error('nobody should ask')
}

function noLogFile (): never {
  throw new Error('no file is expected')
}

function noUpstream (): never {
  throw new Error('no upstream is expected')
}
