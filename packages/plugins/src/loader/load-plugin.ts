import type { Logger } from 'pino'
import { attrOf } from './attr.ts'
import { builtInSource } from './built-in.ts'
import type { LoadedPlugin } from './catalog.ts'
import { createConfCheck, createConsumerConfCheck } from './check-conf.ts'
import { withMeta } from './meta.ts'
import { assertPlugin } from './plugin-shape.ts'
import { reservedFieldsOf } from './reserved-fields.ts'
import { assertSchemas } from './schemas.ts'

export interface PluginOrigin {
  /** As config.yaml lists it; named in errors. */
  readonly entry: string
  /** `built-in`, or the entry. */
  readonly source: string
}

/**
 * Takes what a module exports as a plugin: its shape, its schemas and its `plugin_attr` are checked.
 *
 * @param attrs - `plugin_attr` of config.yaml
 * @throws PluginError `PLUGIN_ERR_INVALID` or `PLUGIN_ERR_ATTR`, naming the member at fault
 */
export function loadPlugin (exported: unknown, { entry, source }: PluginOrigin, attrs: Readonly<Record<string, unknown>>, log: Logger): LoadedPlugin {
  const plugin = assertPlugin(exported, entry)
  const schema = withMeta(plugin.schema)
  if (source !== builtInSource) assertSchemas(plugin, schema, entry) // our own are tested, and compiled when they are needed
  const attr = attrOf(plugin, attrs)
  const checkConf = createConfCheck({ name: plugin.name, check: conf => plugin.check?.(conf, attr) }, schema, log)
  const checkConsumerConf = createConsumerConfCheck(plugin, checkConf, log)
  return { plugin, source, schema, attr, reservedFields: reservedFieldsOf(plugin, attr), checkConf, checkConsumerConf }
}
