import { Type, type Static } from '@sinclair/typebox'
import { DescSchema, IdSchema, LabelsSchema, NameSchema, storedMembers } from './shared.ts'
import { WithDefault } from '../with-default.ts'

const ArgumentsSchema = Type.Array(Type.String({ minLength: 1 }))

/** What a field of a GraphQL query costs at a service. */
export const GraphqlCostDecorationSchema = Type.Object({
  ...storedMembers,
  service_id: Type.Optional(IdSchema),
  name: Type.Optional(NameSchema),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  field_path: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*$' }),
  add_value: WithDefault(Type.Number({ minimum: 0, default: 1 })),
  mul_value: WithDefault(Type.Number({ minimum: 0, default: 1 })),
  add_arguments: Type.Optional(ArgumentsSchema),
  mul_arguments: Type.Optional(ArgumentsSchema)
}, { additionalProperties: false })
export type GraphqlCostDecoration = Static<typeof GraphqlCostDecorationSchema>
