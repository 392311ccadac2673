import type { TSchema } from '@sinclair/typebox'

/** One key of config.yaml as its schema describes it, in Markdown. */
export interface SchemaRow {
  readonly key: string
  readonly type: string
  readonly fallback: string
  readonly description: string
}

/** Every key below a schema, in the order of the schema; `[]` stands for the items of a list. */
export function rowsOf (schema: TSchema, path: string): SchemaRow[] {
  const members = Object.entries(membersOf(schema))
  if (members.length > 0) return members.flatMap(([name, member]) => rowsOf(member, path === '' ? name : `${path}.${name}`))
  const items = branchesOf(schema).flatMap(branch => branch['items'] === undefined ? [] : branchesOf(branch['items'] as TSchema))
  const objects = items.filter(item => Object.keys(membersOf(item)).length > 0)
  return [rowOf(schema, path), ...objects.flatMap(item => rowsOf(item, `${path}[]`))]
}

function rowOf (schema: TSchema, key: string): SchemaRow {
  return {
    key,
    type: typeOf(schema),
    fallback: schema['default'] === undefined ? '' : `\`${JSON.stringify(schema['default'])}\``,
    description: schema.description ?? ''
  }
}

function membersOf (schema: TSchema): Readonly<Record<string, TSchema>> {
  return (schema['properties'] ?? {}) as Readonly<Record<string, TSchema>>
}

function branchesOf (schema: TSchema): readonly TSchema[] {
  return (schema['anyOf'] ?? [schema]) as readonly TSchema[]
}

function typeOf (schema: TSchema): string {
  return [...new Set(branchesOf(schema).map(typeOfBranch))].join(' or ')
}

function typeOfBranch (schema: TSchema): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].map(value => `\`${String(value)}\``).join(', ')
  const types = [schema['type'] as string | string[] | undefined ?? 'anything'].flat()
  return types.map(type => nameOf(type, schema)).join(' or ')
}

function nameOf (type: string, schema: TSchema): string {
  switch (type) {
    case 'null': return '`~`'
    case 'object': return 'mapping'
    case 'array': return `list of ${typeOf(schema['items'] as TSchema)}`
    case 'integer':
    case 'number': return `${type}${boundsOf(schema)}`
    case 'string': return schema['minLength'] === 16 ? 'string of 16 or 32 bytes' : 'string'
    default: return type
  }
}

function boundsOf ({ minimum, exclusiveMinimum, maximum }: TSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` from ${minimum}`
  return exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`
}
