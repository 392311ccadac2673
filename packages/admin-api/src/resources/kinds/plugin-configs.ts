import { PluginConfigSchema, resourceKinds, type PluginConfig } from '@clinch/schema'
import { defineKind } from '../resource-kind.ts'
import { hasMember } from '../rules/in-use.ts'
import { checkPlugins } from '../rules/plugins.ts'

export const pluginConfigs = defineKind<PluginConfig>({
  path: 'plugin_configs/{id}',
  noun: resourceKinds.plugin_configs.noun,
  methods: ['GET', 'PUT', 'DELETE', 'PATCH'],
  schema: PluginConfigSchema,
  holders: [{
    collection: 'routes',
    uses: [{ isIn: hasMember('plugin_config_id'), sentence: id => `can not delete this plugin config, route [${id}] is still using it now` }]
  }],
  checkAfterSchema: async ({ plugins }, api) => { checkPlugins(plugins, api) }
})
