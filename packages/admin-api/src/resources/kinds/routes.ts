import { RouteSchema, resourceKinds, type Route } from '@clinch/schema'
import { refusal } from '../../errors.ts'
import { defineKind } from '../resource-kind.ts'
import { refuseExpression } from '../rules/expression.ts'
import { refuseLua } from '../rules/lua.ts'
import { checkPlugins } from '../rules/plugins.ts'
import { requirePluginConfig, requireService, requireUpstream } from '../rules/references.ts'
import { checkUpstream, encryptUpstreamKey } from '../rules/upstream.ts'

export const routes = defineKind<Route>({
  path: 'routes/{id}',
  noun: resourceKinds.routes.noun,
  schema: RouteSchema,
  filterMembers: ['service_id', 'upstream_id'],

  checkBeforeSchema (conf) {
    for (const [one, many] of [['host', 'hosts'], ['remote_addr', 'remote_addrs']] as const) {
      if (Object.hasOwn(conf, one) && Object.hasOwn(conf, many)) throw refusal(`only one of ${one} or ${many} is allowed`)
    }
  },

  async checkAfterSchema (route, api) {
    if (route.upstream !== undefined) await checkUpstream(route.upstream, api)
    await requireUpstream(route.upstream_id, api)
    await requireService(route.service_id, api)
    await requirePluginConfig(route.plugin_config_id, api)
    checkPlugins(route.plugins ?? {}, api)
    refuseExpression(route.vars ?? [])
    refuseLua(route, ['filter_func', 'script'])
  },

  encryptKeys: encryptUpstreamKey
})
