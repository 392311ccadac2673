import { AddressSet } from '../address/address-set.ts'
import { compilePattern } from '../regex/compile-pattern.ts'

/** Where an expression reads variables: a request, or anything else that has them. */
export interface VariableSource {
  variable (name: string): string | undefined
}

export type ExpressionTest = (source: VariableSource) => boolean

/** A value against an operand that is known when the expression is compiled. @throws Error with the reason */
type OperatorFactory = (operand: unknown) => (left: string | undefined) => boolean

/** The operators of data-plane.md 4.6. Variables are strings or absent, so `has`, which wants a list, never holds. */
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
    return left => left !== undefined && members.has(left)
  },
  has: () => () => false,
  ipmatch: operand => {
    const entries: unknown[] = Array.isArray(operand) ? operand : [operand]
    if (!entries.every(entry => typeof entry === 'string')) throw new Error('invalid ip address')
    const addresses = addressSetOf(entries)
    return left => left !== undefined && addresses.has(left)
  }
}

function equals (operand: unknown): (left: string | undefined) => boolean {
  if (operand === null) return left => left === undefined
  if (typeof operand !== 'number') return left => left === operand
  return left => left !== undefined && toNumber(left) === operand
}

function compareNumbers (operand: unknown, holds: (a: number, b: number) => boolean): (left: string | undefined) => boolean {
  const right = typeof operand === 'number' ? operand : typeof operand === 'string' ? toNumber(operand) : undefined
  return left => {
    const value = left === undefined ? undefined : toNumber(left)
    return value !== undefined && right !== undefined && holds(value, right)
  }
}

function matches (operand: unknown): (left: string | undefined) => boolean {
  if (typeof operand !== 'string') throw new Error('invalid expression')
  const compiled = compilePattern(operand)
  if (compiled.kind === 'refused') throw new Error(`invalid regular expression: ${compiled.reason}`)
  const { pattern } = compiled
  return left => left !== undefined && pattern.test(left)
}

function addressSetOf (entries: readonly string[]): AddressSet {
  try {
    return new AddressSet(entries)
  } catch {
    throw new Error('invalid ip address')
  }
}

// Lua's tonumber: decimal or hexadecimal, white space around it allowed.
function toNumber (text: string): number | undefined {
  const trimmed = text.trim()
  return /^[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)$/.test(trimmed) ? Number(trimmed) : undefined
}
