import { Type, type TSchema } from '@sinclair/typebox'

/** What may stand under `_meta` in any plugin's configuration; closed. `pre_function` is known so as to be refused. */
export const MetaSchema = Type.Object({
  disable: Type.Optional(Type.Boolean({ description: 'true: this instance is left out' })),
  error_response: Type.Optional(Type.Unsafe<string | object>({ type: ['string', 'object'], description: 'body of answers with code >= 400' })),
  priority: Type.Optional(Type.Integer({ description: 'order of this instance' })),
  filter: Type.Optional(Type.Array(Type.Unknown(), { description: 'an expression; where it is false the instance is skipped' })),
  pre_function: Type.Optional(Type.String({ description: 'not supported: there is no Lua here' }))
}, { additionalProperties: false })

/** The plugin's own schema with `_meta` in it. */
export function withMeta (schema: TSchema): TSchema {
  const properties = schema['properties'] as Readonly<Record<string, TSchema>> | undefined
  return { ...schema, $comment: 'this is a mark for our injected plugin schema', properties: { ...properties, _meta: MetaSchema } } as TSchema // still the schema that it was, with one member more
}
