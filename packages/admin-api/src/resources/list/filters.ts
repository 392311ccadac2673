import { isJsonObject, type JsonObject } from '../../json.ts'
import type { ResourceKind } from '../resource-kind.ts'
import type { ListedObject } from '../collection.ts'
import { searchTexts } from './search-texts.ts'

/** The objects that pass all of `name`, `label`, `uri` and, where the kind has it, `filter`. */
export function filterObjects (objects: readonly ListedObject[], kind: ResourceKind, query: URLSearchParams): readonly ListedObject[] {
  let found = objects
  for (const [argument, textsOf] of Object.entries(searched)) {
    const pattern = query.get(argument)
    if (pattern === null || pattern === '') continue
    const hits = searchTexts(argument, pattern, found.map(({ value }) => textsOf(value)))
    found = found.filter((_, index) => hits[index])
  }
  const label = query.get('label')
  if (label !== null) found = found.filter(({ value }) => hasLabel(value, label))
  const members = membersAsked(query.get('filter'), kind)
  return members.length === 0 ? found : found.filter(({ value }) => hasMembers(value, members))
}

// Arguments that are regular expressions, and the texts that they are searched for in.
const searched: Readonly<Record<'name' | 'uri', (value: JsonObject) => string[]>> = {
  name: value => [value['name']].filter(isString),
  uri: value => [value['uri'], ...(Array.isArray(value['uris']) ? value['uris'] : [])].filter(isString)
}

// Label keys only; their values are not looked at.
function hasLabel ({ labels }: JsonObject, label: string): boolean {
  return isJsonObject(labels) && Object.hasOwn(labels, label)
}

// A query string within the query string: filter=service_id%3D1%26upstream_id%3D2
function membersAsked (filter: string | null, { filterMembers }: ResourceKind): Array<readonly [name: string, text: string]> {
  return Array.from(new URLSearchParams(filter ?? '')).filter(([name]) => filterMembers.includes(name))
}

function hasMembers (value: JsonObject, members: ReadonlyArray<readonly [name: string, text: string]>): boolean {
  return members.every(([name, text]) => Object.hasOwn(value, name) && String(value[name]) === text)
}

function isString (value: unknown): value is string {
  return typeof value === 'string'
}
