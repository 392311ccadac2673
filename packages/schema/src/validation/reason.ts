import type { ErrorObject } from 'ajv'

/** The last part of a complaint: what is wrong with the value itself, in APISIX's words. */
export function reasonOf (error: ErrorObject): string {
  const { keyword, data, schema } = error
  const params = error.params as Record<string, unknown>
  switch (keyword) {
    case 'type': return `wrong type: expected ${String(params['type'])}, got ${nameOfType(data)}`
    case 'required': return `property "${params['missingProperty']}" is required`
    case 'additionalProperties': return `additional properties forbidden, found ${params['additionalProperty']}`
    case 'minLength': return `string too short, expected at least ${params['limit']}, got ${codePoints(data)}`
    case 'maxLength': return `string too long, expected at most ${params['limit']}, got ${codePoints(data)}`
    case 'pattern': return `failed to match pattern "${quote(String(params['pattern']))}" with "${quote(String(data))}"`
    case 'minimum': return `expected ${data} to be at least ${params['limit']}`
    case 'maximum': return `expected ${data} to be at most ${params['limit']}`
    case 'exclusiveMinimum': return `expected ${data} to be greater than ${params['limit']}`
    case 'exclusiveMaximum': return `expected ${data} to be smaller than ${params['limit']}`
    case 'multipleOf': return `expected ${data} to be a multiple of ${params['multipleOf']}`
    case 'minItems': return `expect array to have at least ${params['limit']} items`
    case 'maxItems': return `expect array to have at most ${params['limit']} items`
    case 'uniqueItems': return `expected unique items but items ${[params['i'], params['j']].map(index => Number(index) + 1).sort((a, b) => a - b).join(' and ')} are equal`
    case 'minProperties': return `expect object to have at least ${params['limit']} properties`
    case 'maxProperties': return `expect object to have at most ${params['limit']} properties`
    case 'enum': return 'matches none of the enum values'
    case 'const': return 'failed to check const value'
    case 'anyOf': return `object matches none of the required${requiredLists(schema)}`
    case 'oneOf': return `value should match only one schema, but matches ${matchedBranches(params['passingSchemas'])}`
    case 'if': return `${params['failingKeyword']} clause did not match`
    case 'not': return 'value wasn\'t supposed to match schema'
    case 'dependencies': return `property "${params['missingProperty']}" is required when "${params['property']}" is set`
    case 'format': return `expect valid ${params['format']} format but got: ${data}`
    default: return error.message ?? `failed to check ${keyword}`
  }
}

function nameOfType (data: unknown): string {
  if (data === undefined) return 'nil'
  if (data === null) return 'userdata'
  return typeof data === 'object' ? 'table' : typeof data
}

function codePoints (data: unknown): number {
  return Array.from(String(data)).length
}

function quote (text: string): string {
  return text.replace(/[\\"]/g, '\\$&')
}

function requiredLists (schema: unknown): string {
  if (!Array.isArray(schema)) return ''
  const lists = schema.map((branch: unknown) => (branch as { required?: unknown }).required)
  return lists.every(list => Array.isArray(list)) ? `: ${lists.map(list => JSON.stringify(list)).join(' or ')}` : ''
}

function matchedBranches (passing: unknown): string {
  if (!Array.isArray(passing)) return 'none'
  return `both schemas ${passing.map(branch => Number(branch) + 1).join(' and ')}`
}
