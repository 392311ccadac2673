import type { PluginCatalog, PluginPhases, PluginScope } from '@clinch/plugins'
import { assertPhases, compileExpression, type CreateHost, type ExpressionTest, type PhaseResponse } from '@clinch/plugins'
import type { Logger } from 'pino'
import { bodyVariableKindsIn, type BodyVariableKind } from '../body/body-variables.ts'

/** One plugin with one configuration, as it stands on a route, a service, a consumer, … */
export interface PluginInstance {
  readonly plugin: string
  /** `_meta.priority`, else the plugin's own. */
  readonly priority: number
  /** Undefined for `_meta.disable`: it does nothing, and takes the place of weaker instances of the same plugin. */
  readonly phases: PluginPhases | undefined
  readonly isAuth: boolean
  /** On a global rule: left out where the matched route has an instance of its own. */
  readonly yieldsToRoute: boolean
  readonly filter: ExpressionTest | undefined
  readonly filterKey: symbol
  readonly errorBody: PhaseResponse['body'] | undefined
  /** What its configuration, the filter included, wants of a request's body. */
  readonly bodyVariables: readonly BodyVariableKind[]
  /** Never throws. */
  readonly close: () => void
}

/** What plugins are made with. */
export interface PluginMakings {
  readonly catalog: PluginCatalog
  readonly hostOf: (plugin: string) => CreateHost
}

/** Something that is told to the operator. After a `warn` the others can be used; after an `error` their owner must not be served without the plugin. */
export interface PluginProblem {
  readonly level: 'warn' | 'error'
  readonly plugin: string
  readonly message: string
}

export interface MadeInstance {
  readonly instance?: PluginInstance
  readonly problem?: Omit<PluginProblem, 'plugin'>
}

/** Makes one plugin from its stored configuration (data-plane.md 3.3, 3.4 and 3.7). */
export function makeInstance (plugin: string, stored: unknown, scope: PluginScope, { catalog, hostOf }: PluginMakings): MadeInstance {
  const loaded = catalog.get(plugin)
  if (isDisabled(stored)) return { instance: disabled(plugin) }
  if (loaded === undefined) {
    return { problem: { level: 'warn', message: `skipping check schema for disabled or unknown plugin [${plugin}]. Enable the plugin or modify configuration` } }
  }
  const checked = loaded.checkConf(stored)
  if (checked.kind === 'invalid') return { problem: { level: 'error', message: checked.message } }
  const { _meta, ...conf } = checked.conf
  const meta = metaOf({ _meta })
  const filter = meta.filter === undefined ? undefined : compileExpression(meta.filter)
  try {
    const host = hostOf(plugin)
    const phases = assertPhases(loaded.plugin.create(conf, host, scope))
    return {
      instance: {
        ...disabled(plugin),
        priority: typeof meta.priority === 'number' ? meta.priority : loaded.plugin.priority,
        phases,
        isAuth: loaded.plugin.type === 'auth',
        yieldsToRoute: loaded.plugin.runPolicy === 'prefer_route',
        filter: filter?.kind === 'expression' ? filter.test : undefined,
        errorBody: bodyOf(meta.error_response),
        bodyVariables: bodyVariableKindsIn(JSON.stringify(checked.conf)),
        close: () => closePhases(phases, plugin, scope, host.log)
      },
      ...(filter?.kind === 'invalid' ? { problem: { level: 'warn', message: `failed to get the 'vars' expression: ${filter.reason}` } } : {})
    }
  } catch (err) {
    return { problem: { level: 'error', message: `failed to create plugin [${plugin}]: ${err instanceof Error ? err.message : String(err)}` } }
  }
}

// What is left of a configuration that is gone must not keep the next one from being served.
function closePhases (phases: PluginPhases, plugin: string, { ownerKey }: PluginScope, log: Logger): void {
  const report = (err: unknown): void => { log.error({ err, plugin, phase: 'close', owner: ownerKey }, 'plugin phase failed') }
  try {
    const returned: unknown = phases.close?.()
    if (returned instanceof Promise) returned.catch(report)
  } catch (err) {
    report(err)
  }
}

/** By `_meta.disable`. */
export function isDisabled (stored: unknown): boolean {
  return metaOf(stored).disable === true
}

function disabled (plugin: string): PluginInstance {
  return { plugin, priority: 0, phases: undefined, isAuth: false, yieldsToRoute: false, filter: undefined, filterKey: Symbol(plugin), errorBody: undefined, bodyVariables: [], close: () => {} }
}

interface Meta {
  readonly disable?: unknown
  readonly priority?: unknown
  readonly filter?: unknown
  readonly error_response?: unknown
}

function metaOf (conf: unknown): Meta {
  const meta: unknown = typeof conf === 'object' && conf !== null && '_meta' in conf ? conf._meta : undefined
  return typeof meta === 'object' && meta !== null ? meta : {}
}

function bodyOf (value: unknown): PhaseResponse['body'] | undefined {
  return typeof value === 'string' || (typeof value === 'object' && value !== null) ? value : undefined
}
