import { compileExpression } from '../expression/compile-expression.ts'
import type { ExpressionTest } from '../expression/operators.ts'
import type { LogConf } from './schema.ts'

/** What is wrong with the expressions about bodies; undefined if nothing. */
export function bodyConditionFault (conf: LogConf): string | undefined {
  for (const name of ['include_req_body_expr', 'include_resp_body_expr'] as const) {
    const compiled = conf[name] === undefined ? undefined : compileExpression(conf[name])
    if (compiled?.kind === 'invalid') return `failed to validate the '${name}' expression: ${compiled.reason}`
  }
  return undefined
}

/** One of them, after they were found sound; always true where there is none. */
export function bodyCondition (expression: readonly unknown[] | undefined): ExpressionTest {
  const compiled = expression === undefined ? undefined : compileExpression(expression)
  return compiled?.kind === 'expression' ? compiled.test : () => true
}
