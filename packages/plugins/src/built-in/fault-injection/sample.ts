import { compileChecked } from '../../expression/checked-expression.ts'
import type { ExpressionTest } from '../../expression/operators.ts'

export interface Sample {
  readonly percentage?: number
  readonly vars?: ReadonlyArray<readonly unknown[]>
}

/**
 * Whether a request is one of those that are chosen: by chance, each time anew, and by expressions of which one must
 * hold; of none at all none holds.
 */
export function compileSample ({ percentage = 100, vars }: Sample = {}): ExpressionTest {
  const tests = vars?.map(compileChecked)
  return source => Math.random() * 100 < percentage && (tests === undefined || tests.some(test => test(source)))
}
