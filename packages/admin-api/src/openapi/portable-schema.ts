import { isJsonObject, type JsonObject } from '../json.ts'
import type { Schema } from './openapi-document.ts'

const holdingOne = new Set(['additionalProperties', 'contains', 'else', 'if', 'items', 'not', 'propertyNames', 'then'])
const holdingList = new Set(['allOf', 'anyOf', 'oneOf'])
const holdingNamed = new Set(['patternProperties', 'properties'])

/**
 * A schema of ours, which Ajv reads as draft 7, as one of JSON Schema 2020-12, which OpenAPI 3.1 has: `dependencies`
 * and tuples have other names there, and patterns are Unicode's.
 *
 * @param replace - what stands in place of a schema within; undefined leaves it. The schema itself is not asked about
 */
export function portableSchema (schema: unknown, replace: (part: JsonObject) => Schema | undefined = () => undefined): Schema {
  const plain: unknown = JSON.parse(JSON.stringify(schema)) // without TypeBox's marks
  const convertPart = (part: unknown): unknown => isJsonObject(part) ? replace(part) ?? convert(part) : part
  const convertNamed = (named: unknown): unknown => isJsonObject(named) ? Object.fromEntries(Object.entries(named).map(([name, part]) => [name, convertPart(part)])) : named

  const convert = (part: JsonObject): JsonObject => Object.fromEntries(Object.entries(part).flatMap(([keyword, value]) => {
    if (keyword === 'dependencies' && isJsonObject(value)) return splitDependencies(value, convertPart)
    if (keyword === 'items' && Array.isArray(value)) return [['prefixItems', value.map(convertPart)]]
    if (keyword === 'pattern' && typeof value === 'string') return [[keyword, portablePattern(value)]]
    if (holdingOne.has(keyword)) return [[keyword, convertPart(value)]]
    if (holdingList.has(keyword) && Array.isArray(value)) return [[keyword, value.map(convertPart)]]
    if (holdingNamed.has(keyword)) return [[keyword, convertNamed(value)]]
    return [[keyword, value]]
  }))
  return isJsonObject(plain) ? convert(plain) : {}
}

// APISIX's `[0-9-_]`: a hyphen behind a range has to be escaped in Unicode's expressions.
function portablePattern (pattern: string): string {
  return pattern.replaceAll(/(\w-\w)-(?=[^\]])/g, '$1\\-')
}

function splitDependencies (dependencies: JsonObject, convertPart: (part: unknown) => unknown): Array<[string, unknown]> {
  const entries = Object.entries(dependencies)
  const required = entries.filter(([, value]) => Array.isArray(value))
  const schemas = entries.filter(([, value]) => !Array.isArray(value)).map(([name, part]) => [name, convertPart(part)])
  return [
    ...(required.length === 0 ? [] : [['dependentRequired', Object.fromEntries(required)] as [string, unknown]]),
    ...(schemas.length === 0 ? [] : [['dependentSchemas', Object.fromEntries(schemas)] as [string, unknown]])
  ]
}
