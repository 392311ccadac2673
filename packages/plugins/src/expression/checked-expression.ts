import { compileExpression } from './compile-expression.ts'
import type { ExpressionTest } from './operators.ts'

/** For a plugin's `check`: the sentence about the first of these that is no expression. */
export function findBadExpression (member: string, rules: readonly unknown[]): string | undefined {
  for (const rule of rules) {
    const compiled = compileExpression(rule)
    if (compiled.kind === 'invalid') return `failed to validate the '${member}' expression: ${compiled.reason}`
  }
  return undefined
}

/** For its `create`. @throws SyntaxError for what `findBadExpression` would have found */
export function compileChecked (rule: unknown): ExpressionTest {
  const compiled = compileExpression(rule)
  if (compiled.kind === 'invalid') throw new SyntaxError(compiled.reason)
  return compiled.test
}
