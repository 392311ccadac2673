import { isJsonObject, type JsonObject } from '../../json.ts'
import { parseStored } from '../stored-object.ts'

/** The groups that the plugins of an object name, whether or not these plugins are loaded; of what need not be valid. */
export function groupsOf (plugins: unknown): ReadonlyArray<{ readonly plugin: string, readonly group: string }> {
  if (!isJsonObject(plugins)) return []
  return Object.entries(plugins).flatMap(([plugin, conf]) => {
    const group = isJsonObject(conf) && Object.hasOwn(conf, 'group') ? (conf as JsonObject)['group'] : undefined
    return typeof group === 'string' ? [{ plugin, group }] : []
  })
}

/** What a stored object is indexed by. */
export function groupNamesOf (value: string): readonly string[] {
  if (!value.includes('"group"')) return [] // most have none, and need not be parsed
  return groupsOf(parseStored(value)?.['plugins']).map(({ plugin, group }) => groupName(plugin, group))
}

export function groupName (plugin: string, group: string): string {
  return `${plugin} ${group}`
}
