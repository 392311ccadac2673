import { assertSchema } from '@clinch/schema'
import { Type, type TSchema } from '@sinclair/typebox'
import type { Plugin } from '../contract/plugin.ts'
import { PluginError } from '../errors.ts'

/**
 * Whoever writes a schema hears of its faults when the plugin is loaded, not when the first configuration comes.
 *
 * @param confSchema - the plugin's `schema`, as configurations are checked by it
 * @throws PluginError `PLUGIN_ERR_INVALID` that names the schema which does not compile
 */
export function assertSchemas (plugin: Plugin, confSchema: TSchema, entry: string): void {
  const schemas = {
    schema: confSchema,
    consumerSchema: plugin.consumerSchema,
    metadataSchema: plugin.metadataSchema,
    attrSchema: plugin.attrSchema,
    'resources.ssl': plugin.resources?.ssl === undefined ? undefined : Type.Object(plugin.resources.ssl)
  }
  for (const [member, schema] of Object.entries(schemas)) {
    if (schema === undefined) continue
    try {
      assertSchema(schema)
    } catch (cause) {
      throw new PluginError('PLUGIN_ERR_INVALID', `invalid plugin [${entry}], ${member} is no JSON Schema: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }
}
