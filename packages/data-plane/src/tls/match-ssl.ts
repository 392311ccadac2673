import { normalizeName } from './server-name.ts'

export interface Named {
  /** Exact names, `*suffix` patterns and the lone `*`, as they are stored. */
  readonly names: readonly string[]
}

/** The names of all ssl resources, ready for look-up; made anew when one of them changes. */
export interface NameTable<Resource extends Named> {
  readonly exact: ReadonlyMap<string, Resource>
  /** By what stands behind the star. */
  readonly wildcards: ReadonlyMap<string, Resource>
  readonly any: Resource | undefined
}

/** @param resources - in configuration order: among equal patterns the first one wins (data-plane.md 1.3) */
export function buildNameTable<Resource extends Named> (resources: Iterable<Resource>): NameTable<Resource> {
  const exact = new Map<string, Resource>()
  const wildcards = new Map<string, Resource>()
  let any: Resource | undefined
  for (const resource of resources) {
    for (const stored of resource.names) {
      const name = normalizeName(stored)
      if (name === '*') any ??= resource
      else if (name.startsWith('*')) setIfAbsent(wildcards, name.slice(1), resource)
      else setIfAbsent(exact, name, resource)
    }
  }
  return { exact, wildcards, any }
}

/**
 * Exact names first, then the wildcard with the longest suffix, then `*`. A star stands for less than one label, so
 * every candidate suffix begins inside the first label: a name costs at most its 63 octets in look-ups, whatever the
 * number of resources.
 */
export function matchName<Resource extends Named> (table: NameTable<Resource>, name: string): Resource | undefined {
  const normal = normalizeName(name)
  const exact = table.exact.get(normal)
  if (exact !== undefined) return exact
  if (table.wildcards.size > 0) {
    const firstDot = normal.indexOf('.')
    const lastStart = firstDot === -1 ? normal.length : firstDot
    for (let start = 0; start <= lastStart; start++) {
      const resource = table.wildcards.get(normal.slice(start))
      if (resource !== undefined) return resource
    }
  }
  return table.any
}

function setIfAbsent<Value> (map: Map<string, Value>, key: string, value: Value): void {
  if (!map.has(key)) map.set(key, value)
}
