import { SslSchema } from '@clinch/schema'
import type { TSchema } from '@sinclair/typebox'
import type { Logger } from 'pino'
import type { LoadedPlugin, PluginCatalog } from './catalog.ts'

/** Orders the plugins, and lets the first that adds a property to a resource have it. */
export function buildCatalog (loaded: readonly LoadedPlugin[], failures: PluginCatalog['failures'], log: Logger): PluginCatalog {
  const list = [...loaded].sort((a, b) => b.plugin.priority - a.plugin.priority || (a.plugin.name < b.plugin.name ? -1 : 1))
  const byName = new Map(list.map(entry => [entry.plugin.name, entry]))
  const properties = { ssl: addedProperties(list, log) }
  return {
    list,
    failures,
    reservedFields: list.flatMap(entry => entry.reservedFields),
    variables: new Map(list.flatMap(({ plugin }) => Object.entries(plugin.variables ?? {})).reverse()), // of two the last stays
    get: name => byName.get(name),
    resourceProperties: noun => properties[noun]
  }
}

function addedProperties (list: readonly LoadedPlugin[], log: Logger): Readonly<Record<string, TSchema>> {
  const added: Record<string, TSchema> = {}
  for (const { plugin } of list) {
    for (const [field, schema] of Object.entries(plugin.resources?.ssl ?? {})) {
      if (Object.hasOwn(SslSchema.properties, field) || Object.hasOwn(added, field)) {
        log.error({ plugin: plugin.name }, `Field '${field}' is occupied`)
      } else {
        added[field] = schema
      }
    }
  }
  return added
}
