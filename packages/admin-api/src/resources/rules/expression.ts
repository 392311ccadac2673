import { compilePattern } from '@clinch/plugins'
import ipaddr from 'ipaddr.js'
import { refusal } from '../../errors.ts'
import { isJsonPath } from './json-path.ts'

/** A variable that is a member of a JSON or form body. */
const bodyMember = 'post_arg.'
const logicWords = new Set(['AND', 'OR', '!AND', '!OR'])
const operators = new Set(['==', '~=', '>', '>=', '<', '<=', '~~', '~*', 'in', 'has', 'ipmatch'])

/** @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID for an expression that is none */
export function refuseExpression (expression: readonly unknown[]): void {
  const wrong = judgeExpression(expression)
  if (wrong !== undefined) throw refusal(`failed to validate the 'vars' expression: ${wrong}`)
}

/**
 * What is wrong with an expression (`vars` of a route, `_meta.filter` of a plugin), in the words of its compiler;
 * undefined when nothing is. `[]` is always true; else it is a list of conditions and of lists like it, which may
 * begin with a logic word.
 */
export function judgeExpression (expression: readonly unknown[]): string | undefined {
  const nodes = isLogicWord(expression[0]) ? expression.slice(1) : expression
  if (nodes !== expression && nodes.length < 2) return 'rule too short'
  for (const node of nodes) {
    const wrong = judgeNode(node)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function judgeNode (node: unknown): string | undefined {
  if (!Array.isArray(node)) return 'rule should be wrapped inside brackets'
  return Array.isArray(node[0]) || isLogicWord(node[0]) ? judgeExpression(node) : judgeCondition(node)
}

// [name, value], [name, operator, value] or [name, "!", operator, value]
function judgeCondition (condition: readonly unknown[]): string | undefined {
  if (condition.length < 2) return 'rule too short'
  const [name] = condition
  if (condition.length > 4 || typeof name !== 'string') return 'invalid expression'
  if (name.startsWith(bodyMember) && !isJsonPath(name.slice(bodyMember.length))) return `invalid JSONPath '${name}'`
  if (condition.length === 2) return undefined
  if (condition.length === 4 && condition[1] !== '!') return 'bad \'not\' expression'
  const [operator, value] = condition.slice(-2)
  if (typeof operator !== 'string' || !operators.has(operator.toLowerCase())) return `invalid operator '${typeof operator === 'string' ? operator : JSON.stringify(operator)}'`
  return judgeOperand(operator.toLowerCase(), value)
}

function judgeOperand (operator: string, value: unknown): string | undefined {
  if (operator === 'in' && !Array.isArray(value)) return 'invalid expression'
  if (operator === '~~' || operator === '~*') return judgePattern(value)
  if (operator === 'ipmatch' && !(Array.isArray(value) ? value : [value]).every(isAddressOrBlock)) return 'invalid ip address'
  return undefined
}

function judgePattern (value: unknown): string | undefined {
  if (typeof value !== 'string') return 'invalid expression'
  const compiled = compilePattern(value)
  return compiled.kind === 'refused' ? `invalid regular expression: ${compiled.reason}` : undefined
}

function isAddressOrBlock (text: unknown): boolean {
  return typeof text === 'string' && (ipaddr.isValid(text) || ipaddr.isValidCIDR(text))
}

function isLogicWord (word: unknown): boolean {
  return typeof word === 'string' && logicWords.has(word.toUpperCase())
}
