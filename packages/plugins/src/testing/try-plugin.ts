import pino, { type Logger } from 'pino'
import { Registry } from 'prom-client'
import type { CreateHost } from '../contract/host.ts'
import type { PluginPhases } from '../contract/phases.ts'
import { buildCatalog } from '../loader/build-catalog.ts'
import type { ConfCheck } from '../loader/catalog.ts'
import { loadPlugin } from '../loader/load-plugin.ts'
import { createShare } from '../loader/shared-values.ts'
import { startPlugins } from '../loader/start-plugins.ts'
import { assertPhases } from '../phases/phases-shape.ts'
import { linkTo, noMachine } from './machine-link.ts'

export interface Surroundings {
  /** The plugin's block of `plugin_attr`. */
  readonly attr?: unknown
  /** Its `plugin_metadata`, as it is whenever the plugin asks. */
  readonly metadata?: () => Readonly<Record<string, unknown>> | undefined
  /** Epoch milliseconds. */
  readonly now?: () => number
  /** Without it lines are kept in `lines`. */
  readonly log?: Logger
  /** The rest of what the plugin's host offers. What is not given throws when the plugin uses it. */
  readonly host?: Partial<Omit<CreateHost, 'attr' | 'metadata' | 'now' | 'log'>>
}

export interface TriedPlugin {
  /** What the Admin API says about a configuration; undefined if it is taken. */
  complaintAbout (conf: unknown): string | undefined
  /** The same about what a consumer or credential holds. */
  complaintAboutConsumer (conf: unknown): string | undefined
  /**
   * The phases of a configuration, which is checked and given its defaults.
   *
   * @param ownerKey - of the resource that has it
   */
  create (conf: unknown, ownerKey?: string): PluginPhases
  /** What the plugin logged, from `debug` up. */
  readonly lines: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** Undoes `init`. */
  close (): Promise<void>
}

/**
 * A plugin as a worker runs it, without a gateway: its shape, schemas and settings are checked and `init` is called.
 * Rejects with what the gateway would log where it is wrong.
 *
 * @param exported - the default export of its module
 */
export async function tryPlugin (exported: unknown, { attr, metadata = () => undefined, now = Date.now, host = {}, ...given }: Surroundings = {}): Promise<TriedPlugin> {
  const lines: Array<Readonly<Record<string, unknown>>> = []
  const log = given.log ?? pino({ level: 'debug', base: null }, { write: text => { lines.push(JSON.parse(text) as Record<string, unknown>) } })
  const name = nameOf(exported)
  const loaded = loadPlugin(exported, { entry: name, source: 'a test' }, { [name]: attr }, log)
  const part = host.machine === undefined ? loaded.plugin.machine?.({ log, now, attr: () => loaded.attr }) : undefined
  const services = {
    metrics: new Registry(),
    metricPrefix: '',
    tlsPorts: [9443],
    ocsp: { checkClient: () => notGiven('ocsp'), findIssuer: () => undefined, rememberIssuers: () => {} },
    share: createShare(),
    openLogFile: () => notGiven('openLogFile'),
    machine: part === undefined ? noMachine : linkTo(part),
    compileUpstream: () => notGiven('compileUpstream'),
    ...host
  }
  const started = await startPlugins(buildCatalog([loaded], [], log), { ...services, log, now, metadataOf: metadata, machineOf: () => services.machine })
  const [failure] = started.failures
  if (failure !== undefined) throw new Error(failure.reason)

  return {
    lines,
    complaintAbout: conf => messageOf(loaded.checkConf(conf)),
    complaintAboutConsumer: conf => messageOf(loaded.checkConsumerConf(conf)),
    create (conf, ownerKey = 'routes/1') {
      const checked = loaded.checkConf(conf)
      if (checked.kind === 'invalid') throw new Error(checked.message)
      const { _meta, ...own } = checked.conf
      return assertPhases(loaded.plugin.create(own, { ...started.hostOf(name), compileUpstream: services.compileUpstream }, { ownerKey }))
    },
    async close () {
      await started.close()
      part?.close?.()
    }
  }
}

function nameOf (exported: unknown): string {
  return typeof exported === 'object' && exported !== null && 'name' in exported ? String(exported.name) : 'without a name'
}

function messageOf (check: ConfCheck): string | undefined {
  return check.kind === 'invalid' ? check.message : undefined
}

function notGiven (member: string): never {
  throw new Error(`the test gives no ${member}`)
}
