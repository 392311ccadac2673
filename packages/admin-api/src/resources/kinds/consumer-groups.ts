import { ConsumerGroupSchema, resourceKinds, type ConsumerGroup } from '@clinch/schema'
import { defineKind } from '../resource-kind.ts'
import { hasMember } from '../rules/in-use.ts'
import { checkPlugins } from '../rules/plugins.ts'

export const consumerGroups = defineKind<ConsumerGroup>({
  path: 'consumer_groups/{id}',
  noun: resourceKinds.consumer_groups.noun,
  methods: ['GET', 'PUT', 'DELETE', 'PATCH'],
  schema: ConsumerGroupSchema,
  holders: [{
    collection: 'consumers',
    uses: [{ isIn: hasMember('group_id'), sentence: id => `can not delete this consumer group, consumer [${id}] is still using it now` }]
  }],
  checkAfterSchema: async ({ plugins }, api) => { checkPlugins(plugins, api) }
})
