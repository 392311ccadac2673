import type { ExpressionTest, PhaseResponse, PluginPhases } from '@clinch/plugins'

export type PhaseName = Exclude<keyof PluginPhases, 'close'>

/** One phase of one configured plugin. */
export interface PhaseStep<Name extends PhaseName> {
  readonly plugin: string
  readonly phase: Name
  readonly call: NonNullable<PluginPhases[Name]>
  /** `_meta.filter`; it is asked once per request, under `filterKey` in the request's notes. */
  readonly filter: ExpressionTest | undefined
  readonly filterKey: symbol
  /** Left out where the matched route has an instance of its own. */
  readonly yieldsToRoute: boolean
  /** `_meta.error_response`: the body of this plugin's answers from 400 up. */
  readonly errorBody: PhaseResponse['body'] | undefined
}

export type AnsweringStep = PhaseStep<'admit'> | PhaseStep<'rewrite'> | PhaseStep<'access'> | PhaseStep<'beforeProxy'>
