import { consumerGroups } from './kinds/consumer-groups.ts'
import { consumers } from './kinds/consumers.ts'
import { credentials } from './kinds/credentials.ts'
import { globalRules } from './kinds/global-rules.ts'
import { graphqlCostDecorations } from './kinds/graphql-cost-decorations.ts'
import { pluginConfigs } from './kinds/plugin-configs.ts'
import { pluginMetadata } from './kinds/plugin-metadata.ts'
import { protos } from './kinds/protos.ts'
import { routes } from './kinds/routes.ts'
import { secrets } from './kinds/secrets.ts'
import { services } from './kinds/services.ts'
import { ssls } from './kinds/ssls.ts'
import { streamRoutes } from './kinds/stream-routes.ts'
import { upstreams } from './kinds/upstreams.ts'
import { collectionOf, matchPath, type Located } from './place.ts'
import type { ResourceKind } from './resource-kind.ts'

/** Every kind that there is; a new one is one more entry. What lies below an object of another kind comes before that kind. */
export const kinds: readonly ResourceKind[] = [
  credentials, graphqlCostDecorations,
  routes, services, upstreams, ssls, protos, streamRoutes, consumers, consumerGroups, globalRules, pluginConfigs, pluginMetadata, secrets
]

/** By the name that a list of its objects has: `routes`, `credentials`. */
export function findKind (collection: string): ResourceKind | undefined {
  return kinds.find(kind => collectionOf(kind) === collection)
}

/** Where the segments of a path lead. */
export function locate (segments: readonly string[]): Located & { readonly kind: ResourceKind } | undefined {
  for (const kind of kinds) {
    const located = matchPath(kind, segments)
    if (located !== undefined) return { kind, ...located }
  }
  return undefined
}
