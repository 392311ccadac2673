import { compileExpression } from '@clinch/plugins'
import { refusal } from '../../errors.ts'

/** @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID for an expression that is none */
export function refuseExpression (expression: readonly unknown[]): void {
  const compiled = compileExpression(expression)
  if (compiled.kind === 'invalid') throw refusal(`failed to validate the 'vars' expression: ${compiled.reason}`)
}
