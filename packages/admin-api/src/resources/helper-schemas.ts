import { MetaSchema } from '@clinch/plugins'
import { ActiveCheckSchema, AddressSchema, HealthCheckerSchema, HostSchema, IdSchema, LabelValueSchema, MethodSchema, PassiveCheckSchema, UriSchema } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { hashKeySchemas } from './rules/hash-key.ts'

/** What a discovery gives; nodes found by DNS may have no port. */
const DiscoveryNodesSchema = Type.Array(Type.Object({
  host: Type.String({ description: 'name or address' }),
  port: Type.Optional(Type.Integer({ minimum: 1 })),
  weight: Type.Integer({ minimum: 0 }),
  priority: Type.Optional(Type.Integer()),
  metadata: Type.Optional(Type.Object({}))
}), { minItems: 1 })

/** What `schema/{name}` serves beside the kinds: the parts that APISIX names. */
export const helperSchemas: Readonly<Record<string, unknown>> = {
  id_schema: IdSchema,
  host_def: HostSchema,
  ip_def: AddressSchema['anyOf'],
  uri_def: UriSchema,
  label_value_def: LabelValueSchema,
  method_schema: MethodSchema,
  health_checker: HealthCheckerSchema,
  health_checker_active: ActiveCheckSchema,
  health_checker_passive: PassiveCheckSchema,
  discovery_nodes: DiscoveryNodesSchema,
  plugin_injected_schema: { _meta: MetaSchema },
  anonymous_consumer_schema: Type.String({ minLength: 1 }),
  upstream_hash_vars_schema: hashKeySchemas.vars,
  upstream_hash_header_schema: hashKeySchemas.header,
  upstream_hash_vars_combinations_schema: hashKeySchemas.vars_combinations
}
