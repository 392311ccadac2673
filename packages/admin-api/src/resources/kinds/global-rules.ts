import { GlobalRuleSchema, resourceKinds, type GlobalRule } from '@clinch/schema'
import type { CheckContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { isJsonObject } from '../../json.ts'
import { readCollection } from '../collection.ts'
import { defineKind } from '../resource-kind.ts'
import { checkPlugins } from '../rules/plugins.ts'

export const globalRules = defineKind<GlobalRule>({
  path: 'global_rules/{id}',
  noun: resourceKinds.global_rules.noun,
  methods: ['GET', 'PUT', 'DELETE', 'PATCH'],
  schema: GlobalRuleSchema,

  async checkAfterSchema (rule, api) {
    checkPlugins(rule.plugins, api)
    await refusePluginsOfOthers(rule, api)
  }
})

// A plugin in two rules would run twice for every request.
async function refusePluginsOfOthers ({ id, plugins }: GlobalRule, api: CheckContext): Promise<void> {
  for (const other of await readCollection(api, 'global_rules')) {
    const held = other.value['plugins']
    if (other.id === String(id) || !isJsonObject(held)) continue
    const shared = Object.keys(plugins).find(name => Object.hasOwn(held, name))
    if (shared !== undefined) throw refusal(`plugin '${shared}' already exists in global rule with id '${other.id}'`)
  }
}
