import type { TObject } from '@sinclair/typebox'
import { ConsumerGroupSchema } from './consumer-group.ts'
import { ConsumerSchema } from './consumer.ts'
import { CredentialSchema } from './credential.ts'
import { GlobalRuleSchema } from './global-rule.ts'
import { GraphqlCostDecorationSchema } from './graphql-cost-decoration.ts'
import { PluginConfigSchema } from './plugin-config.ts'
import { ProtoSchema } from './proto.ts'
import { RouteSchema } from './route.ts'
import { ServiceSchema } from './service.ts'
import { SslSchema } from './ssl.ts'
import { StreamRouteSchema } from './stream-route.ts'
import { UpstreamSchema } from './upstream.ts'

/** The collections that have one schema; `noun` is the word used in messages and, with `_`, in `schema/{noun}`. */
export const resourceKinds = {
  routes: { noun: 'route', schema: RouteSchema },
  services: { noun: 'service', schema: ServiceSchema },
  upstreams: { noun: 'upstream', schema: UpstreamSchema },
  ssls: { noun: 'ssl', schema: SslSchema },
  consumers: { noun: 'consumer', schema: ConsumerSchema },
  credentials: { noun: 'credential', schema: CredentialSchema },
  consumer_groups: { noun: 'consumer group', schema: ConsumerGroupSchema },
  global_rules: { noun: 'global rule', schema: GlobalRuleSchema },
  plugin_configs: { noun: 'plugin config', schema: PluginConfigSchema },
  protos: { noun: 'proto', schema: ProtoSchema },
  stream_routes: { noun: 'stream route', schema: StreamRouteSchema },
  graphql_cost_decorations: { noun: 'graphql cost decoration', schema: GraphqlCostDecorationSchema }
} as const satisfies Record<string, { noun: string, schema: TObject }>

export type Collection = keyof typeof resourceKinds

export function isCollection (name: string): name is Collection {
  return Object.hasOwn(resourceKinds, name)
}
