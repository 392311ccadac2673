import { ServiceSchema, resourceKinds, type Service } from '@clinch/schema'
import { defineKind } from '../resource-kind.ts'
import { hasMember } from '../rules/in-use.ts'
import { refuseLua } from '../rules/lua.ts'
import { checkPlugins } from '../rules/plugins.ts'
import { requireUpstream } from '../rules/references.ts'
import { checkUpstream, encryptUpstreamKey } from '../rules/upstream.ts'

export const services = defineKind<Service>({
  path: 'services/{id}',
  noun: resourceKinds.services.noun,
  schema: ServiceSchema,
  owned: { collection: 'graphql_cost_decorations', wiped: ['before creation', 'after deletion'] },
  holders: ['route', 'stream_route'].map(holder => ({
    collection: `${holder}s`,
    uses: [{ isIn: hasMember('service_id'), sentence: id => `can not delete this service directly, ${holder} [${id}] is still using it now` }]
  })),

  async checkAfterSchema (service, api) {
    if (service.upstream !== undefined) await checkUpstream(service.upstream, api)
    await requireUpstream(service.upstream_id, api)
    checkPlugins(service.plugins ?? {}, api)
    refuseLua(service, ['script'])
  },

  encryptKeys: encryptUpstreamKey
})
