import { isJsonPath } from './json-path.ts'
import { operators, type ExpressionTest as Test } from './operators.ts'

export type CompiledExpression =
  | { readonly kind: 'expression', readonly test: Test }
  | { readonly kind: 'invalid', readonly reason: string }

/**
 * Compiles `vars` of a route, `_meta.filter` of a plugin and the like (data-plane.md 4.6). `[]` is always true; else it
 * is a list of conditions and of lists like it, which may begin with a logic word. The reason is APISIX's.
 */
export function compileExpression (rule: unknown): CompiledExpression {
  try {
    return { kind: 'expression', test: compileGroup(rule) }
  } catch (err) {
    return { kind: 'invalid', reason: err instanceof Error ? err.message : String(err) }
  }
}

/** A variable that is a member of a JSON or form body. */
const bodyMember = 'post_arg.'

/** Its value may be more than text. */
function hasStructure (name: string): boolean {
  return name.startsWith(bodyMember) || name === 'graphql_root_fields'
}

const always: Test = () => true

function compileGroup (rule: unknown): Test {
  if (!Array.isArray(rule)) throw new Error('rule should be wrapped inside brackets')
  if (rule.length === 0) return always
  const [first, ...rest] = rule as unknown[]
  const logic = typeof first === 'string' ? logics[first.toUpperCase()] : undefined
  if (logic !== undefined) {
    if (rest.length < 2) throw new Error('rule too short')
    return logic(rest.map(compileNode))
  }
  if (!Array.isArray(first)) throw new Error('rule should be wrapped inside brackets')
  return all(rule.map(compileNode))
}

function compileNode (node: unknown): Test {
  if (!Array.isArray(node)) throw new Error('rule should be wrapped inside brackets')
  const [first] = node as unknown[]
  if (Array.isArray(first) || (typeof first === 'string' && logics[first.toUpperCase()] !== undefined)) return compileGroup(node)
  return compileCondition(node)
}

function compileCondition (condition: readonly unknown[]): Test {
  const [name, operator, ...rest] = condition
  if (condition.length < 2) throw new Error('rule too short')
  if (typeof name !== 'string') throw new Error('invalid expression')
  if (name.startsWith(bodyMember) && !isJsonPath(name.slice(bodyMember.length))) throw new Error(`invalid JSONPath '${name}'`)
  if (condition.length === 2) return compileComparison(name, '==', operator)
  if (operator === '!') {
    if (rest.length !== 2) throw new Error('bad \'not\' expression')
    return negate(compileComparison(name, rest[0], rest[1]))
  }
  if (rest.length === 2) throw new Error('bad \'not\' expression')
  if (rest.length > 2) throw new Error('invalid expression')
  return compileComparison(name, operator, rest[0])
}

function compileComparison (name: string, operator: unknown, operand: unknown): Test {
  const factory = typeof operator === 'string' && Object.hasOwn(operators, operator.toLowerCase()) ? operators[operator.toLowerCase()] : undefined
  if (factory === undefined) throw new Error(`invalid operator '${typeof operator === 'string' ? operator : JSON.stringify(operator)}'`)
  const holds = factory(operand)
  return hasStructure(name) ? source => holds(source.structuredVariable?.(name) ?? source.variable(name)) : source => holds(source.variable(name))
}

const all = (tests: readonly Test[]): Test => read => tests.every(test => test(read))
const any = (tests: readonly Test[]): Test => read => tests.some(test => test(read))
const negate = (test: Test): Test => read => !test(read)

const logics: Readonly<Record<string, (tests: readonly Test[]) => Test>> = {
  AND: all,
  OR: any,
  '!AND': tests => negate(all(tests)),
  '!OR': tests => negate(any(tests))
}
