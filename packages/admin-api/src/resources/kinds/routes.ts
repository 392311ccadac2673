import { RouteSchema, resourceKinds, type Route } from '@clinch/schema'
import type { AdminContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { judgeExpression } from '../rules/expression.ts'
import { checkPlugins } from '../rules/plugins.ts'
import { requireReference } from '../rules/references.ts'
import { checkUpstream, encryptUpstreamKey } from '../rules/upstream.ts'
import { methods, type ResourceKind } from '../resource-kind.ts'

export const routes: ResourceKind<Route> = {
  collection: 'routes',
  noun: resourceKinds.routes.noun,
  methods,
  schema: RouteSchema,
  addedProperties: () => ({}),

  checkBeforeSchema (conf) {
    for (const [one, many] of [['host', 'hosts'], ['remote_addr', 'remote_addrs']] as const) {
      if (Object.hasOwn(conf, one) && Object.hasOwn(conf, many)) throw refusal(`only one of ${one} or ${many} is allowed`)
    }
  },

  async checkAfterSchema (route, api) {
    if (route.upstream !== undefined) await checkUpstream(route.upstream, api)
    await checkReferences(route, api)
    checkPlugins(route.plugins ?? {}, api)
    const wrongExpression = judgeExpression(route.vars ?? [])
    if (wrongExpression !== undefined) throw refusal(`failed to validate the 'vars' expression: ${wrongExpression}`)
    for (const member of ['filter_func', 'script'] as const) {
      if (route[member] !== undefined) throw refusal(`failed to load '${member}' string: this gateway does not run Lua`)
    }
  },

  atRest: encryptUpstreamKey,
  view: stored => stored,
  filterMembers: ['service_id', 'upstream_id']
}

async function checkReferences (route: Route, api: AdminContext): Promise<void> {
  await requireReference(api, { collection: 'upstreams', named: 'upstream', id: route.upstream_id })
  await requireReference(api, { collection: 'services', named: 'service', id: route.service_id })
  await requireReference(api, { collection: 'plugin_configs', named: 'plugin config', id: route.plugin_config_id })
}
