import { compileExpression } from '../../expression/compile-expression.ts'
import type { ExpressionTest, VariableSource } from '../../expression/operators.ts'

export interface Sample {
  readonly percentage?: number
  readonly vars?: ReadonlyArray<readonly unknown[]>
}

/**
 * Whether a request is one of those that are chosen: by chance, each time anew, and by expressions of which one must
 * hold; of none at all none holds.
 */
export function compileSample ({ percentage = 100, vars }: Sample = {}): ExpressionTest {
  const tests = vars?.map(compileVars)
  return source => Math.random() * 100 < percentage && (tests === undefined || tests.some(test => test(source)))
}

/** The sentence about the first expression that is none. */
export function findBadSample (vars: Sample['vars'] = []): string | undefined {
  for (const rule of vars) {
    const compiled = compileExpression(rule)
    if (compiled.kind === 'invalid') return `failed to validate the 'vars' expression: ${compiled.reason}`
  }
  return undefined
}

function compileVars (rule: readonly unknown[]): (source: VariableSource) => boolean {
  const compiled = compileExpression(rule)
  if (compiled.kind === 'invalid') throw new SyntaxError(compiled.reason) // `check` let it pass: it was valid then
  return compiled.test
}
