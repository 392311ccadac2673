import { loadPlugins, startPlugins, type CreateHost, type OcspService, type PhaseResult, type PluginPhases } from '@clinch/plugins'
import { Registry } from 'prom-client'
import { recordLog, type LogRecorder } from '../support/log-recorder.ts'

export interface Surroundings {
  readonly attr?: unknown
  readonly now?: () => number
  readonly metrics?: Registry
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly recorder?: LogRecorder
  readonly compileUpstream?: CreateHost['compileUpstream']
  readonly checkClient?: OcspService['checkClient']
  readonly findIssuer?: OcspService['findIssuer']
  readonly rememberIssuers?: OcspService['rememberIssuers']
}

/** A built-in plugin as a worker runs it: loaded by name, its configuration checked, started and created. */
export async function runPlugin (name: string, conf: unknown, surroundings: Surroundings = {}): Promise<PluginPhases> {
  const { attr, now = Date.now, metrics = new Registry(), metadata, recorder = recordLog(), compileUpstream = noUpstream, checkClient = noOcsp, findIssuer = () => undefined, rememberIssuers = () => {} } = surroundings
  const catalog = await loadPlugins([name], { baseDir: import.meta.dirname, attrs: { [name]: attr }, log: recorder.log })
  const loaded = catalog.get(name)
  if (loaded === undefined) throw new Error(catalog.failures[0]?.reason)
  const checked = loaded.checkConf(conf)
  if (checked.kind === 'invalid') throw new Error(checked.message)
  const started = await startPlugins(catalog, { log: recorder.log, now, metrics, metricPrefix: 'x_', metadataOf: () => metadata, tlsPorts: [9443], ocsp: { checkClient, findIssuer, rememberIssuers } })
  return loaded.plugin.create(checked.conf, { ...started.hostOf(name), compileUpstream }, { ownerKey: 'routes/1' })
}

/** What the operator is told about a configuration; undefined if it is fine. */
export async function complaintAbout (name: string, conf: unknown): Promise<string | undefined> {
  const catalog = await loadPlugins([name], { baseDir: import.meta.dirname, attrs: {}, log: recordLog().log })
  const checked = catalog.get(name)?.checkConf(conf)
  return checked?.kind === 'invalid' ? checked.message : undefined
}

export function responseOf (result: PhaseResult | undefined) {
  return result?.kind === 'respond' ? result.response : undefined
}

function noOcsp (): never {
  throw new Error('nobody should ask')
}

function noUpstream (): never {
  throw new Error('no upstream is expected')
}
