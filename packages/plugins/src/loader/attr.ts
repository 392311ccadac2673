import { compileValidator } from '@clinch/schema'
import type { Plugin } from '../contract/plugin.ts'
import { PluginError } from '../errors.ts'

/**
 * The plugin's block of `plugin_attr` with its defaults; a plugin without `attrSchema` takes it as it stands.
 *
 * @throws PluginError `PLUGIN_ERR_ATTR` that names the member at fault, such as `plugin_attr.prometheus.export_addr.port`
 */
export function attrOf (plugin: Plugin, attrs: Readonly<Record<string, unknown>>): unknown {
  const given = (Object.hasOwn(attrs, plugin.name) ? attrs[plugin.name] : undefined) ?? {}
  if (plugin.attrSchema === undefined) return given
  const result = compileValidator(plugin.attrSchema, { fillDefaults: true })(given)
  if (result.kind === 'valid') return result.value
  const member = ['plugin_attr', plugin.name, ...result.issue.path].join('.')
  throw new PluginError('PLUGIN_ERR_ATTR', `${member}: ${result.issue.message}`)
}
