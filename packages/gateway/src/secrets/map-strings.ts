/** A copy in which every string is what `map` makes of it, however deep it stands; the same value when nothing changed. */
export function mapStrings (value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (typeof value !== 'object' || value === null) return value
  const mapped = Object.entries(value).map(([name, member]) => [name, mapStrings(member, map)] as const)
  if (mapped.every(([name, member]) => member === (value as Record<string, unknown>)[name])) return value
  return Array.isArray(value) ? mapped.map(([, member]) => member) : Object.fromEntries(mapped)
}
