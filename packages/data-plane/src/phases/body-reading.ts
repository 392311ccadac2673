import { CONTINUE, type RequestContext } from '@clinch/plugins'
import type { PhaseStep } from './phase-step.ts'
import type { PluginInstance } from './plugin-instance.ts'
import type { PhaseContext } from './run-phases.ts'

/**
 * The step that reads the body of a request for plugins whose filters or keys are in it, before any of them is asked;
 * none where no plugin wants it.
 */
export function bodyReading<Name extends 'admit' | 'rewrite'> (instances: readonly PluginInstance[], phase: Name): Array<PhaseStep<Name>> {
  const kinds = new Set(instances.flatMap(({ bodyVariables }) => bodyVariables))
  if (kinds.size === 0) return []
  const call = (context: RequestContext) => {
    const reading = (context as PhaseContext).readBodyVariables(kinds) // the runner of phases hands in no other
    return reading === undefined ? CONTINUE : reading.then(() => CONTINUE)
  }
  return [{ plugin: '', phase, call: call as PhaseStep<Name>['call'], filter: undefined, filterKey: Symbol('body'), yieldsToRoute: false, errorBody: undefined }]
}
