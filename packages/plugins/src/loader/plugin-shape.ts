import type { Plugin } from '../contract/plugin.ts'
import { PluginError } from '../errors.ts'

type Kind = 'string' | 'number' | 'object' | 'array' | 'function'

const requiredFields = { name: 'string', version: 'number', priority: 'number', schema: 'object', create: 'function' } as const satisfies Partial<Record<keyof Plugin, Kind>>
const optionalFields = {
  type: 'string',
  consumerSchema: 'object',
  metadataSchema: 'object',
  attrSchema: 'object',
  encryptFields: 'array',
  resources: 'object',
  variables: 'object',
  reservedFields: 'function',
  runPolicy: 'string',
  groupMismatch: 'string',
  check: 'function',
  checkWithMetadata: 'function',
  checkConsumer: 'function',
  init: 'function',
  initPrimary: 'function',
  machine: 'function'
} as const satisfies Partial<Record<keyof Plugin, Kind>>
const fixedValues = { type: 'auth', runPolicy: 'prefer_route' } as const satisfies Partial<Plugin>
const namePattern = /^[A-Za-z0-9][\w.-]*$/

/**
 * The default export of a plugin's module, if it has the shape of a plugin.
 *
 * @throws PluginError `PLUGIN_ERR_INVALID` that names the field at fault
 */
export function assertPlugin (exported: unknown, entry: string): Plugin {
  const refuse = (fault: string): never => { throw new PluginError('PLUGIN_ERR_INVALID', `invalid plugin [${entry}], ${fault}`) }
  if (kindOf(exported) !== 'object') return refuse('it has no default export that is an object')
  const fields = exported as Readonly<Record<string, unknown>>
  for (const [field, kind] of Object.entries(requiredFields)) {
    if (fields[field] === undefined || fields[field] === '') refuse(`missing field: ${field}`)
    if (kindOf(fields[field]) !== kind) refuse(`field ${field} must be of type ${kind}`)
  }
  for (const [field, kind] of Object.entries(optionalFields)) {
    if (fields[field] !== undefined && kindOf(fields[field]) !== kind) refuse(`field ${field} must be of type ${kind}`)
  }
  for (const [field, value] of Object.entries(fixedValues)) {
    if (fields[field] !== undefined && fields[field] !== value) refuse(`field ${field} can only be '${value}'`)
  }
  if (!namePattern.test(String(fields['name']))) refuse('field name must be letters, digits, -, _ and . only')
  if ((fields['encryptFields'] as readonly unknown[] | undefined)?.some(path => typeof path !== 'string') === true) refuse('field encryptFields must be an array of strings')
  const plugin = exported as Plugin // its fields were looked at just now
  if (Object.values(plugin.variables ?? {}).some(reader => typeof reader !== 'function')) refuse('field variables must hold functions')
  if (hasMeta(plugin)) refuse('its schema must not define _meta')
  return plugin
}

function hasMeta (plugin: Plugin): boolean {
  const properties: unknown = plugin.schema['properties']
  return typeof properties === 'object' && properties !== null && Object.hasOwn(properties, '_meta')
}

function kindOf (value: unknown): Kind | undefined {
  if (Array.isArray(value)) return 'array'
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return undefined
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'object' || type === 'function' ? type : undefined
}
