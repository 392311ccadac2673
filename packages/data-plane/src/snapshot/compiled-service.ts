import type { Route, Service } from '@clinch/schema'
import type { PluginSet } from '../phases/plugin-set.ts'

/** What the routes of a service have in common. */
export interface CompiledService {
  readonly service: Service
  readonly set: PluginSet
}

/** The route with what its service adds to it (data-plane.md 3.5); plugins are merged by `mergeSets`. */
export function withService (route: Route, service: Service): Route {
  const ownUpstream = route.upstream !== undefined || route.upstream_id !== undefined
  const enableWebsocket = route.enable_websocket ?? service.enable_websocket
  const labels = route.labels ?? service.labels
  const hosts = route.hosts ?? (route.host === undefined ? service.hosts : undefined)
  return {
    ...route,
    ...(hosts === undefined ? {} : { hosts }),
    ...(labels === undefined ? {} : { labels }),
    ...(enableWebsocket === undefined ? {} : { enable_websocket: enableWebsocket }),
    ...(!ownUpstream && service.upstream_id !== undefined ? { upstream_id: service.upstream_id } : {})
  }
}
