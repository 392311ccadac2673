import { AddressSchema, HostSchema, IdSchema, UpstreamSchema, methods } from '@clinch/schema'
import { hashKeySchemas } from './rules/hash-key.ts'

/** What `schema/{name}` serves beside the kinds: the parts that APISIX names. */
export const helperSchemas: Readonly<Record<string, unknown>> = {
  upstream: UpstreamSchema,
  id_schema: IdSchema,
  host_def: HostSchema,
  ip_def: AddressSchema['anyOf'],
  uri_def: { type: 'string', minLength: 1, maxLength: 4096 },
  label_value_def: { type: 'string', pattern: '^\\S+$', minLength: 1, maxLength: 256 },
  method_schema: { type: 'string', enum: methods },
  upstream_hash_vars_schema: hashKeySchemas.vars,
  upstream_hash_header_schema: hashKeySchemas.header,
  upstream_hash_vars_combinations_schema: hashKeySchemas.vars_combinations
}
