import type { PhaseResponse, PluginCatalog, PluginHost, PluginPhases } from '@clinch/plugins'
import { compileExpression } from '../router/expression/compile-expression.ts'
import type { Test } from '../router/expression/operators.ts'
import type { PhaseChain, PhaseName, PhaseStep } from './phase-step.ts'

/** Something that is told to the operator. After a `warn` the chain can be used; after an `error` the route must not be served without the plugin. */
export interface PhaseProblem {
  readonly level: 'warn' | 'error'
  readonly plugin: string
  readonly message: string
}

export interface CompiledPhases {
  readonly chain: PhaseChain
  readonly problems: readonly PhaseProblem[]
}

/** Makes a route's plugins from their stored configurations, once (data-plane.md 3.3, 3.4 and 3.7). */
export function compilePhases (
  plugins: Readonly<Record<string, unknown>>,
  catalog: PluginCatalog,
  hostOf: (plugin: string) => PluginHost
): CompiledPhases {
  const problems: PhaseProblem[] = []
  const instances: Instance[] = []
  for (const [plugin, stored] of Object.entries(plugins)) {
    if (metaOf(stored).disable === true) continue
    const made = makeInstance(plugin, stored, catalog, hostOf)
    if (made.problem !== undefined) problems.push({ plugin, ...made.problem })
    if (made.instance !== undefined) instances.push(made.instance)
  }
  instances.sort((a, b) => b.priority - a.priority)
  return { chain: chainOf(instances), problems }
}

interface Meta {
  readonly disable?: unknown
  readonly priority?: unknown
  readonly filter?: unknown
  readonly error_response?: unknown
}

interface Instance {
  readonly plugin: string
  readonly priority: number
  readonly phases: PluginPhases
  readonly filter: Test | undefined
  readonly filterKey: symbol
  readonly errorBody: PhaseResponse['body'] | undefined
}

interface Made {
  readonly instance?: Instance
  readonly problem?: { readonly level: 'warn' | 'error', readonly message: string }
}

function makeInstance (plugin: string, stored: unknown, catalog: PluginCatalog, hostOf: (plugin: string) => PluginHost): Made {
  const loaded = catalog.get(plugin)
  if (loaded === undefined) {
    return { problem: { level: 'warn', message: `skipping check schema for disabled or unknown plugin [${plugin}]. Enable the plugin or modify configuration` } }
  }
  const checked = loaded.checkConf(stored)
  if (checked.kind === 'invalid') return { problem: { level: 'error', message: checked.message } }
  const { _meta, ...conf } = checked.conf
  const meta = metaOf({ _meta })
  const filter = meta.filter === undefined ? undefined : compileExpression(meta.filter)
  try {
    return {
      instance: {
        plugin,
        priority: typeof meta.priority === 'number' ? meta.priority : loaded.plugin.priority,
        phases: loaded.plugin.create(conf, hostOf(plugin)),
        filter: filter?.kind === 'expression' ? filter.test : undefined,
        filterKey: Symbol(plugin),
        errorBody: bodyOf(meta.error_response)
      },
      ...(filter?.kind === 'invalid' ? { problem: { level: 'warn', message: `failed to get the 'vars' expression: ${filter.reason}` } } : {})
    }
  } catch (err) {
    return { problem: { level: 'error', message: `failed to create plugin [${plugin}]: ${err instanceof Error ? err.message : String(err)}` } }
  }
}

function chainOf (instances: readonly Instance[]): PhaseChain {
  const admit = stepsOf(instances, 'admit')
  const rewrite = stepsOf(instances, 'rewrite')
  const access = stepsOf(instances, 'access')
  return {
    admit,
    rewrite,
    access,
    beforeProxy: stepsOf(instances, 'beforeProxy'),
    headerFilter: stepsOf(instances, 'headerFilter'),
    log: stepsOf(instances, 'log'),
    request: [...admit, ...rewrite, ...access],
    close () {
      for (const { phases } of instances) phases.close?.()
    }
  }
}

function stepsOf<Name extends PhaseName> (instances: readonly Instance[], phase: Name): Array<PhaseStep<Name>> {
  return instances.flatMap(({ plugin, phases, filter, filterKey, errorBody }) => {
    const call = phases[phase]
    if (call === undefined) return []
    return [{ plugin, phase, call: call.bind(phases) as typeof call, filter, filterKey, errorBody }]
  })
}

function metaOf (conf: unknown): Meta {
  const meta: unknown = typeof conf === 'object' && conf !== null && '_meta' in conf ? conf._meta : undefined
  return typeof meta === 'object' && meta !== null ? meta : {}
}

function bodyOf (value: unknown): PhaseResponse['body'] | undefined {
  return typeof value === 'string' || (typeof value === 'object' && value !== null) ? value : undefined
}
