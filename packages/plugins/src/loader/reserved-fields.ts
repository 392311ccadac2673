import type { Plugin } from '../contract/plugin.ts'
import { PluginError } from '../errors.ts'
import { isFieldName } from '../header/field-name.ts'

/**
 * The request fields that a plugin keeps to itself under these settings.
 *
 * @throws PluginError `PLUGIN_ERR_INVALID` when they are no list of field names
 */
export function reservedFieldsOf (plugin: Plugin, attr: unknown): readonly string[] {
  const names: unknown = plugin.reservedFields?.(attr) ?? []
  if (Array.isArray(names) && names.every(name => typeof name === 'string' && isFieldName(name))) return names
  throw new PluginError('PLUGIN_ERR_INVALID', `invalid plugin [${plugin.name}], reservedFields must return names of fields`)
}
