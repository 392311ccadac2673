import { ConsumerSchema, resourceKinds, type Consumer } from '@clinch/schema'
import { refusal } from '../../errors.ts'
import { byUsername } from '../naming.ts'
import { defineKind } from '../resource-kind.ts'
import { refuseTakenKeys } from '../auth-keys/refuse-taken-keys.ts'
import { checkConsumerPlugins } from '../rules/plugins.ts'
import { requireConsumerGroup } from '../rules/references.ts'

export const consumers = defineKind<Consumer>({
  path: 'consumers/{id}',
  noun: resourceKinds.consumers.noun,
  methods: ['GET', 'PUT', 'DELETE'],
  naming: byUsername,
  schema: ConsumerSchema,
  owned: { collection: 'credentials', wiped: ['before deletion'] },

  async checkAfterSchema ({ username, plugins = {}, group_id: group }, api, place) {
    if (place.id !== undefined && place.id !== username) throw refusal('wrong username')
    checkConsumerPlugins(plugins, api)
    await refuseTakenKeys(plugins, { username }, api)
    await requireConsumerGroup(group, api)
  }
})
