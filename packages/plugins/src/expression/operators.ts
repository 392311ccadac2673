import { AddressSet } from '../address/address-set.ts'
import { compilePattern } from '../regex/compile-pattern.ts'

/** Where an expression reads variables: a request, or anything else that has them. */
export interface VariableSource {
  variable (name: string): string | undefined
  /** The value of one that is more than text: a member of a JSON body, a list. Undefined where it is not. */
  structuredVariable? (name: string): unknown
}

export type ExpressionTest = (source: VariableSource) => boolean

type Operator = (left: unknown) => boolean

/** A value against an operand that is known when the expression is compiled. @throws Error with the reason */
type OperatorFactory = (operand: unknown) => Operator

/** The operators of data-plane.md 4.6. Nearly all variables are strings or absent; undefined and null are both absent. */
export const operators: Readonly<Record<string, OperatorFactory>> = {
  '==': equals,
  '~=': operand => {
    const isEqual = equals(operand)
    return left => !isEqual(left)
  },
  '>': operand => compareNumbers(operand, (a, b) => a > b),
  '>=': operand => compareNumbers(operand, (a, b) => a >= b),
  '<': operand => compareNumbers(operand, (a, b) => a < b),
  '<=': operand => compareNumbers(operand, (a, b) => a <= b),
  '~~': operand => matches(operand),
  '~*': operand => matches(typeof operand === 'string' ? `(?i)${operand}` : operand),
  in: operand => {
    if (!Array.isArray(operand)) throw new Error('invalid expression')
    const members = new Set<unknown>(operand)
    return left => isThere(left) && members.has(left)
  },
  has: operand => left => Array.isArray(left) && left.includes(operand),
  ipmatch: operand => {
    const entries: unknown[] = Array.isArray(operand) ? operand : [operand]
    if (!entries.every(entry => typeof entry === 'string')) throw new Error('invalid ip address')
    const addresses = addressSetOf(entries)
    return left => typeof left === 'string' && addresses.has(left)
  }
}

function equals (operand: unknown): Operator {
  if (operand === null) return left => !isThere(left)
  if (typeof operand !== 'number') return left => left === operand
  return left => toNumber(left) === operand
}

function isThere (left: unknown): boolean {
  return left !== undefined && left !== null
}

function compareNumbers (operand: unknown, holds: (a: number, b: number) => boolean): Operator {
  const right = toNumber(operand)
  return left => {
    const value = toNumber(left)
    return value !== undefined && right !== undefined && holds(value, right)
  }
}

function matches (operand: unknown): Operator {
  if (typeof operand !== 'string') throw new Error('invalid expression')
  const compiled = compilePattern(operand)
  if (compiled.kind === 'refused') throw new Error(`invalid regular expression: ${compiled.reason}`)
  const { pattern } = compiled
  return left => (typeof left === 'string' || typeof left === 'number') && pattern.test(String(left))
}

function addressSetOf (entries: readonly string[]): AddressSet {
  try {
    return new AddressSet(entries)
  } catch {
    throw new Error('invalid ip address')
  }
}

// Lua's tonumber: decimal or hexadecimal, white space around it allowed.
function toNumber (value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  const trimmed = value.trim()
  return /^[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)$/.test(trimmed) ? Number(trimmed) : undefined
}
