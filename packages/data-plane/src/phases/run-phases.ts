import { chunkOf, CONTINUE, PluginError, responseOf, type PhaseResponse, type PhaseResult, type RequestContext, type RequestOutcome, type ResponseHead } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { BodyVariableKind } from '../body/body-variables.ts'
import type { AnsweringStep, PhaseStep } from './phase-step.ts'

/** A request as the runner of its phases needs it. */
export interface PhaseContext extends RequestContext {
  /** Of the matched route, with what a consumer brought. */
  readonly routePlugins: ReadonlySet<string>
  /** From then on the variables that are in the body have their values; undefined when there is nothing to wait for. */
  readBodyVariables (kinds: Iterable<BodyVariableKind>): Promise<void> | undefined
}

type Answer = PhaseResponse | undefined

/**
 * Runs the steps until one answers. As long as no plugin waits for something the result is there at once and no
 * promise is made. A step that throws answers with a 500.
 */
export function runSteps (steps: readonly AnsweringStep[], context: PhaseContext, log: Logger, from = 0): Answer | Promise<Answer> {
  for (let at = from; at < steps.length; at++) {
    const step = steps[at]
    if (step === undefined || !applies(step, context)) continue
    try {
      const result = step.call(context)
      if (result === CONTINUE) continue
      if (result instanceof Promise) return resume(result, steps, context, log, at)
      const response = responseOf(result)
      if (response !== undefined) return answerOf(step, response, context, log)
    } catch (err) {
      return broken(step, err, context, log)
    }
  }
  return undefined
}

/** @returns false if a filter threw: what came of the head until then is not to be sent */
export function runHeaderFilters (steps: ReadonlyArray<PhaseStep<'headerFilter'>>, context: PhaseContext, response: ResponseHead, log: Logger): boolean {
  for (const step of steps) {
    if (!applies(step, context)) continue
    try {
      const returned: unknown = step.call(context, response)
      if (returned instanceof Promise) {
        reportLater(returned, step, context, log)
        throw new PluginError('PLUGIN_ERR_RESULT', 'it returned a promise: the head is sent when it returns')
      }
    } catch (err) {
      broken(step, err, context, log)
      return false
    }
  }
  return true
}

/** One plugin's failure to log keeps no other from it, whether it fails at once or later. */
export function runLog (steps: ReadonlyArray<PhaseStep<'log'>>, context: PhaseContext, outcome: RequestOutcome, log: Logger): void {
  for (const step of steps) {
    if (!applies(step, context)) continue
    try {
      const returned: unknown = step.call(context, outcome)
      if (returned instanceof Promise) reportLater(returned, step, context, log)
    } catch (err) {
      broken(step, err, context, log)
    }
  }
}

async function resume (pending: Promise<PhaseResult>, steps: readonly AnsweringStep[], context: PhaseContext, log: Logger, at: number): Promise<Answer> {
  const step = steps[at] as AnsweringStep // the one that made the promise
  try {
    const response = responseOf(await pending)
    if (response !== undefined) return answerOf(step, response, context, log)
  } catch (err) {
    return broken(step, err, context, log)
  }
  return await runSteps(steps, context, log, at + 1)
}

function answerOf (step: AnsweringStep, response: PhaseResponse, context: PhaseContext, log: Logger): PhaseResponse {
  if (response.status < 400) return response
  log.warn({ reqId: context.id, plugin: step.plugin }, `${step.plugin} exits with http status code ${response.status}`)
  return step.errorBody === undefined ? response : { ...response, body: step.errorBody }
}

function broken ({ plugin, phase }: { plugin: string, phase: string }, err: unknown, context: PhaseContext, log: Logger): PhaseResponse {
  log.error({ err, reqId: context.id, plugin, phase }, 'plugin phase failed')
  return { status: 500 }
}

// a rejection that nobody takes ends the worker
function reportLater (pending: Promise<unknown>, step: { plugin: string, phase: string }, context: PhaseContext, log: Logger): void {
  pending.catch((err: unknown) => broken(step, err, context, log))
}

/**
 * Every chunk through every filter.
 *
 * @returns undefined if a filter threw: the response is to be broken off, for what went out cannot be taken back
 */
export function runBodyFilters (steps: ReadonlyArray<PhaseStep<'bodyFilter'>>, context: PhaseContext, chunk: Buffer, isLast: boolean, log: Logger): Buffer | undefined {
  let out = chunk
  for (const step of steps) {
    if (!applies(step, context)) continue
    try {
      const returned: unknown = step.call(context, out, isLast)
      if (returned instanceof Promise) reportLater(returned, step, context, log)
      out = chunkOf(returned)
    } catch (err) {
      broken(step, err, context, log)
      return undefined
    }
  }
  return out
}

function applies (step: { readonly plugin: string, readonly filter: AnsweringStep['filter'], readonly filterKey: symbol, readonly yieldsToRoute: boolean }, context: PhaseContext): boolean {
  if (step.yieldsToRoute && context.routePlugins.has(step.plugin)) return false
  if (step.filter === undefined) return true
  const known = context.notes.get(step.filterKey)
  if (typeof known === 'boolean') return known
  const decided = step.filter(context)
  context.notes.set(step.filterKey, decided)
  return decided
}
