import { randomInt } from 'node:crypto'
import type { ExampleSchema } from './schema.ts'

const deepest = 32

/** A value that fits the schema: its `example` where that is of its type, else something made up. */
export function makeExample (schema: ExampleSchema, depth = 0): unknown {
  const { example, items = {}, properties = {} } = schema
  if (depth > deepest) return null
  switch (schema.type ?? (schema.properties === undefined ? undefined : 'object')) {
    case 'array':
      return Array.isArray(example) ? example : Array.from({ length: randomInt(1, 4) }, () => makeExample(items, depth + 1))
    case 'object':
      if (isObject(example)) return example
      return Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, makeExample(member, depth + 1)]))
    case 'string': return typeof example === 'string' ? example : Array.from({ length: randomInt(1, 11) }, letter).join('')
    case 'number': return typeof example === 'number' ? example : randomInt(10_000_000) / 1000
    case 'integer': return Number.isInteger(example) ? example : randomInt(1, 10_001)
    case 'boolean': return typeof example === 'boolean' ? example : randomInt(2) === 1
    case undefined:
    default: return null
  }
}

function letter (): string {
  return String.fromCharCode(randomInt(97, 123))
}

function isObject (value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
