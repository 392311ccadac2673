import { compileOrigins, type OriginRule } from './origin-rule.ts'

type Metadata = Readonly<Record<string, unknown>> | undefined

/**
 * The origins of lists in the plugin's metadata, tried in the order of the keys. A key that the metadata lacks matches
 * nothing. The lists are compiled anew when the metadata changed.
 */
export function compileMetadataRule (keys: readonly string[], metadata: () => Metadata): OriginRule {
  let compiledFrom: Metadata
  let rules: readonly OriginRule[] = []
  return origin => {
    const current = metadata()
    if (current !== compiledFrom) {
      compiledFrom = current
      rules = compileLists(keys, current)
    }
    return origin !== undefined && rules.some(rule => rule(origin) !== undefined) ? origin : undefined
  }
}

function compileLists (keys: readonly string[], metadata: Metadata): OriginRule[] {
  const lists = (metadata?.['allow_origins'] ?? {}) as Readonly<Record<string, string>> // by the metadata schema
  return keys.flatMap(key => {
    const list = Object.hasOwn(lists, key) ? lists[key] : undefined
    return list === undefined ? [] : [compileOrigins(list)]
  })
}
