import { UpstreamSchema, resourceKinds, type Upstream } from '@clinch/schema'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { defineKind } from '../resource-kind.ts'
import { hasMember, type Holder } from '../rules/in-use.ts'
import { checkNodeHosts, checkUpstream, encryptClientKey } from '../rules/upstream.ts'

export const upstreams = defineKind<Upstream>({
  path: 'upstreams/{id}',
  noun: resourceKinds.upstreams.noun,
  schema: UpstreamSchema,
  holders: [
    holder('routes', 'route'), holder('services', 'service'), holder('plugin_configs', 'plugin_config'),
    holder('consumers', 'consumer'), holder('consumer_groups', 'consumer_group'), holder('global_rules', 'global_rules')
  ],
  checkBeforeSchema: ({ nodes }) => { checkNodeHosts(nodes) },
  checkAfterSchema: checkUpstream,
  encryptKeys: encryptClientKey
})

function holder (collection: string, named: string): Holder {
  return {
    collection,
    uses: [
      { isIn: hasSplitTo, sentence: id => `can not delete this upstream, plugin in ${named} [${id}] is still using it now` },
      { isIn: hasMember('upstream_id'), sentence: id => `can not delete this upstream, ${named} [${id}] is still using it now` }
    ]
  }
}

// plugins.traffic-split.rules[].weighted_upstreams[].upstream_id, in what need not be valid
function hasSplitTo ({ plugins }: JsonObject, id: string): boolean {
  const split = isJsonObject(plugins) ? plugins['traffic-split'] : undefined
  return objectsIn(split, 'rules')
    .flatMap(rule => objectsIn(rule, 'weighted_upstreams'))
    .some(weighted => hasMember('upstream_id')(weighted, id))
}

function objectsIn (holder: unknown, member: string): JsonObject[] {
  const list = isJsonObject(holder) ? holder[member] : undefined
  return Array.isArray(list) ? list.filter(isJsonObject) : []
}
