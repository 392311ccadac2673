/** What becomes of one text; `path` is the one that led to it, as it was given. */
export type TextMapping = (text: string, path: string) => string

/**
 * Replaces the texts that dotted paths lead to. A path goes through every element of an array on its way. At its end
 * may be a text, a list of texts or a map whose values are texts; whatever else is there stays as it is (admin-api.md 5.4).
 *
 * @returns the same value when nothing changed, else a copy that shares what did not
 */
export function mapFields (value: unknown, paths: readonly string[], map: TextMapping): unknown {
  return paths.reduce((mapped, path) => mapBelow(mapped, path.split('.'), text => map(text, path)), value)
}

function mapBelow (value: unknown, path: readonly string[], map: (text: string) => string): unknown {
  const [name, ...rest] = path
  if (name === undefined) return mapTexts(value, map)
  if (Array.isArray(value)) return mapItems(value, item => mapBelow(item, path, map))
  if (!isObject(value) || !Object.hasOwn(value, name)) return value
  const below = mapBelow(value[name], rest, map)
  return below === value[name] ? value : withMember(value, name, below)
}

function mapTexts (value: unknown, map: (text: string) => string): unknown {
  const mapText = (item: unknown) => typeof item === 'string' ? map(item) : item
  if (Array.isArray(value)) return mapItems(value, mapText)
  if (!isObject(value)) return mapText(value)
  return Object.entries(value).reduce((mapped, [name, item]) => {
    const text = mapText(item)
    return text === item ? mapped : withMember(mapped, name, text)
  }, value)
}

function mapItems (items: readonly unknown[], map: (item: unknown) => unknown): readonly unknown[] {
  const mapped = items.map(map)
  return mapped.every((item, index) => item === items[index]) ? items : mapped
}

// A member named `__proto__` is a member like any other.
function withMember (object: Readonly<Record<string, unknown>>, name: string, value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).map(([key, member]) => [key, key === name ? value : member]))
}

function isObject (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
