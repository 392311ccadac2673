import { isDeepStrictEqual } from 'node:util'

/** `apisix.ssl.enable`, as operators write it. */
export type PropertyPath = string

/** What stands there; undefined when nothing does. */
export function valueAt (object: unknown, path: PropertyPath): unknown {
  return path.split('.').reduce<unknown>((value, name) => isMapping(value) ? value[name] : undefined, object)
}

/** A copy with that value there; undefined takes the property out. */
export function withValueAt<T> (object: T, path: PropertyPath, value: unknown): T {
  return place(object, path.split('.'), value) as T // nothing but the value there is another
}

/** The properties that differ, down to lists and scalars, in the order of the second object. */
export function changedProperties (before: unknown, after: unknown, path: PropertyPath = ''): PropertyPath[] {
  if (isDeepStrictEqual(before, after)) return []
  if (!isMapping(before) || !isMapping(after)) return [path]
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])]
  return names.flatMap(name => changedProperties(before[name], after[name], path === '' ? name : `${path}.${name}`))
}

function place (object: unknown, [name = '', ...rest]: readonly string[], value: unknown): unknown {
  const mapping = isMapping(object) ? object : {}
  if (rest.length > 0) return value === undefined && !isMapping(mapping[name]) ? object : { ...mapping, [name]: place(mapping[name], rest, value) }
  if (value !== undefined) return { ...mapping, [name]: value }
  const { [name]: _gone, ...others } = mapping
  return others
}

function isMapping (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
