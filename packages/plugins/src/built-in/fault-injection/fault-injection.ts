import { setTimeout as wait } from 'node:timers/promises'
import { CONTINUE, type PhaseResponse, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import { findBadExpression } from '../../expression/checked-expression.ts'
import { findHeaderFault } from '../../header/header-fault.ts'
import { toFieldValue } from '../../header/field-value.ts'
import { compileTemplate } from '../../template/compile-template.ts'
import { compileSample } from './sample.ts'
import { FaultInjectionSchema, type Abort } from './schema.ts'

/** Delays requests, or answers them in the upstream's place, so that clients can be seen to cope. */
export default {
  name: 'fault-injection',
  version: 0.1,
  priority: 11000,
  schema: FaultInjectionSchema,

  check ({ abort, delay }) {
    return findBadExpression('vars', [...abort?.vars ?? [], ...delay?.vars ?? []]) ?? findHeaderFault({ set: abort?.headers ?? {} })
  },

  create ({ abort, delay }) {
    const delays = compileSample(delay)
    const aborts = compileSample(abort)
    const answer = abort === undefined ? undefined : compileAnswer(abort)
    const finish = (context: RequestContext): PhaseResult =>
      answer !== undefined && aborts(context) ? { kind: 'respond', response: answer(context) } : CONTINUE
    return {
      rewrite (context) {
        if (delay === undefined || delay.duration === 0 || !delays(context)) return finish(context)
        return wait(delay.duration * 1000).then(() => finish(context))
      }
    }
  }
} satisfies Plugin<typeof FaultInjectionSchema>

function compileAnswer ({ http_status: status, body, headers = {} }: Abort): (context: RequestContext) => PhaseResponse {
  const renderBody = body === undefined ? undefined : compileTemplate(body)
  const fields = Object.entries(headers).map(([name, value]) => [name, compileTemplate(String(value))] as const)
  return context => ({
    status,
    headers: Object.fromEntries(fields.map(([name, render]) => [name, toFieldValue(render(context))])),
    ...(renderBody === undefined ? {} : { body: renderBody(context) })
  })
}
