import { hashKeySchemas, pluginSummary } from '@clinch/admin-api'
import type { PluginCatalog } from '@clinch/plugins'
import { extendResourceSchema, resourceKinds } from '@clinch/schema'

/** Every schema that is in force: of resources, of parts that APISIX names, of the loaded plugins. */
export function describeSchemas (catalog: PluginCatalog): Readonly<Record<string, unknown>> {
  const shown = Object.values(resourceKinds).filter(({ noun }) => noun !== 'credential')
  return {
    main: {
      ...Object.fromEntries(shown.map(({ noun, schema }) => [noun.replaceAll(' ', '_'), noun === 'ssl' ? extendResourceSchema(schema, catalog.resourceProperties('ssl')) : schema])),
      plugins: { type: 'object' },
      upstream_hash_vars_schema: hashKeySchemas.vars,
      upstream_hash_header_schema: hashKeySchemas.header
    },
    plugins: Object.fromEntries(catalog.list.map(loaded => [loaded.plugin.name, pluginSummary(loaded)])),
    stream_plugins: {} // connections that are not HTTP are not proxied
  }
}
