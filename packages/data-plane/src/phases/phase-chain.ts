import { bodyReading } from './body-reading.ts'
import type { PluginInstance } from './plugin-instance.ts'
import type { PluginSet } from './plugin-set.ts'
import type { PhaseName, PhaseStep } from './phase-step.ts'

/** What a set of plugins does, phase by phase, in the order of their priority. */
export interface PhaseChain {
  readonly admit: ReadonlyArray<PhaseStep<'admit'>>
  readonly rewrite: ReadonlyArray<PhaseStep<'rewrite'>>
  readonly access: ReadonlyArray<PhaseStep<'access'>>
  readonly beforeProxy: ReadonlyArray<PhaseStep<'beforeProxy'>>
  readonly headerFilter: ReadonlyArray<PhaseStep<'headerFilter'>>
  readonly bodyFilter: ReadonlyArray<PhaseStep<'bodyFilter'>>
  readonly log: ReadonlyArray<PhaseStep<'log'>>
  /** The plugins that take part. */
  readonly plugins: ReadonlySet<string>
  /** A plugin sees the request before it goes out, so its fields may not be what the gateway made them. */
  readonly mayEditRequest: boolean
}

/**
 * One plugin, one configuration: of several instances the last wins as a whole (data-plane.md 3.5).
 *
 * @param sets - the weakest first: service, plugin config, route, consumer group, consumer
 */
export function mergeSets (sets: readonly PluginSet[]): PluginInstance[] {
  const byPlugin = new Map<string, PluginInstance>()
  for (const { instances } of sets) for (const [plugin, instance] of instances) byPlugin.set(plugin, instance)
  return [...byPlugin.values()]
}

/** @param isGlobal - of global rules: some of their plugins leave a request to the route's own instance */
export function chainOf (merged: readonly PluginInstance[], isGlobal = false): PhaseChain {
  const instances = merged.filter(({ phases }) => phases !== undefined).sort((a, b) => b.priority - a.priority)
  const [admit, rewrite, access, beforeProxy] = [stepsOf(instances, isGlobal, 'admit'), stepsOf(instances, isGlobal, 'rewrite'), stepsOf(instances, isGlobal, 'access'), stepsOf(instances, isGlobal, 'beforeProxy')]
  const admitsByBody = instances.some(({ phases, bodyVariables }) => phases?.admit !== undefined && bodyVariables.length > 0)
  return {
    admit: admitsByBody ? [...bodyReading(instances, 'admit'), ...admit] : admit,
    rewrite: [...bodyReading(instances, 'rewrite'), ...rewrite],
    access,
    beforeProxy,
    headerFilter: stepsOf(instances, isGlobal, 'headerFilter'),
    bodyFilter: stepsOf(instances, isGlobal, 'bodyFilter'),
    log: stepsOf(instances, isGlobal, 'log'),
    plugins: new Set(instances.map(({ plugin }) => plugin)),
    mayEditRequest: admit.length + rewrite.length + access.length + beforeProxy.length > 0
  }
}

/** The chains of a route with what consumers bring, each made when it is first needed. */
export class JoinedChains {
  readonly #sets: readonly PluginSet[]
  readonly #chains = new WeakMap<readonly PluginSet[], PhaseChain>()

  /** @param sets - the route's */
  constructor (sets: readonly PluginSet[]) {
    this.#sets = sets
  }

  /** @param brought - the consumer's; the same list is the same consumer */
  with (brought: readonly PluginSet[]): PhaseChain {
    const known = this.#chains.get(brought) ?? chainOf(mergeSets([...this.#sets, ...brought]))
    this.#chains.set(brought, known)
    return known
  }
}

export const emptyChain: PhaseChain = chainOf([])

function stepsOf<Name extends PhaseName> (instances: readonly PluginInstance[], isGlobal: boolean, phase: Name): Array<PhaseStep<Name>> {
  return instances.flatMap(({ plugin, phases, filter, filterKey, yieldsToRoute, errorBody }) => {
    const call = phases?.[phase]
    if (call === undefined) return []
    return [{ plugin, phase, call: call.bind(phases) as typeof call, filter, filterKey, yieldsToRoute: isGlobal && yieldsToRoute, errorBody }]
  })
}
