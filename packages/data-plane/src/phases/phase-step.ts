import type { PhaseResponse, PluginPhases } from '@clinch/plugins'
import type { Test } from '../router/expression/operators.ts'

export type PhaseName = Exclude<keyof PluginPhases, 'close'>

/** One phase of one configured plugin. */
export interface PhaseStep<Name extends PhaseName> {
  readonly plugin: string
  readonly phase: Name
  readonly call: NonNullable<PluginPhases[Name]>
  /** `_meta.filter`; it is asked once per request, under `filterKey` in the request's notes. */
  readonly filter: Test | undefined
  readonly filterKey: symbol
  /** `_meta.error_response`: the body of this plugin's answers from 400 up. */
  readonly errorBody: PhaseResponse['body'] | undefined
}

export type AnsweringStep = PhaseStep<'admit'> | PhaseStep<'rewrite'> | PhaseStep<'access'> | PhaseStep<'beforeProxy'>

/** What a route's plugins do, phase by phase, in the order of their priority. */
export interface PhaseChain {
  readonly admit: ReadonlyArray<PhaseStep<'admit'>>
  readonly rewrite: ReadonlyArray<PhaseStep<'rewrite'>>
  readonly access: ReadonlyArray<PhaseStep<'access'>>
  readonly beforeProxy: ReadonlyArray<PhaseStep<'beforeProxy'>>
  readonly headerFilter: ReadonlyArray<PhaseStep<'headerFilter'>>
  readonly log: ReadonlyArray<PhaseStep<'log'>>
  /** admit, rewrite and access one after the other: all that happens before a node is picked. */
  readonly request: readonly AnsweringStep[]
  /** Lets every plugin go of what it made for this chain. */
  close (): void
}
